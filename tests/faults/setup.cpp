#include "setup.hpp"

#include <filesystem>

namespace hawser::test {

Faulty::Faulty(const std::string &name, const std::string &library)
{
    const std::string path = directory / "plugins";
    std::filesystem::create_directory(path);
    std::filesystem::copy_file(HAWSER_FAULTS "/" + library + ".so", path + '/' + name + ".so");
}

std::string Faulty::host(const std::string &more) const
{
    return "[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" + directory / "plugins" +
           "\"]\ncontrol = \"control.sock\"\n" + "loops = 1\n" + more + '\n';
}

Ended Faulty::run(const std::string &toml) const
{
    return hawser({"run", directory.write("hawser.toml", toml), "--set", "log.format=text"});
}

std::string service(const std::string &at, const std::string &how)
{
    return "[services.s]\nservice = \"fault\"\nat = \"" + at + "\"\nhow = \"" + how + "\"\n";
}

std::string listener(const std::string &name, const std::string &at, const std::string &how)
{
    return "[listeners." + name + "]\naddress = \"127.0.0.1:0\"\nprotocol = \"fault\"\nat = \"" + at + "\"\nhow = \"" +
           how + "\"\n";
}

std::string neighbour()
{
    return "[compartments.beside]\n[listeners.neighbour]\naddress = \"127.0.0.1:0\"\nprotocol = \"echo\"\n"
           "compartment = \"beside\"\n";
}

bool serves(Host &host, const std::string &listener)
{
    Client client = host.connect(listener);
    client.send("over and back");
    return client.receive(13) == "over and back";
}

} // namespace hawser::test
