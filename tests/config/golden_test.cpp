// Golden configurations. A file *.case is a TOML text, lines "@@ …" that add to it, a line of ten dashes, and what is
// expected: all problems as they are printed, or the plan. HAWSER_GOLDEN_UPDATE=1 writes what came; read it before you
// commit.
//   @@ set KEY=VALUE     an override        @@ env NAME=VALUE    a variable
//   @@ file NAME         what follows is another file beside hawser.toml
#include "config/load.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

namespace hawser::host {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kDashes = "----------\n";

std::string read(const fs::path &path)
{
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

std::vector<FoundPlugin> test_plugins()
{
    std::vector<FoundPlugin> all;
    for (const char *name : {"other", "store", "web"}) {
        FoundPlugin found;
        found.path = std::string("/plugins/") + name + ".so";
        Sources sources;
        Problems problems;
        found.manifest = parse_manifest(read(fs::path(HAWSER_CASES) / "plugins" / (std::string(name) + ".toml")), name,
                                        sources, problems);
        EXPECT_TRUE(problems.empty()) << format_problem(sources, problems.sorted().front());
        all.push_back(std::move(found));
    }
    FoundPlugin broken;
    broken.path = "/plugins/broken.so";
    broken.refused = "truncated: a segment reaches beyond the end of the file";
    all.push_back(std::move(broken));
    return all;
}

void dump_value(const Value &value, const std::string &indent, std::ostream &out)
{
    out << indent << (value.key.empty() ? "-" : value.key);
    switch (value.type) {
    case Value::Type::String:
        out << " = \"" << value.text << "\"\n";
        return;
    case Value::Type::Path:
        out << " = path " << value.text << '\n';
        return;
    case Value::Type::Integer:
        out << " = " << value.integer << '\n';
        return;
    case Value::Type::Float:
        out << " = " << value.real << '\n';
        return;
    case Value::Type::Boolean:
        out << " = " << (value.integer != 0 ? "true" : "false") << '\n';
        return;
    case Value::Type::Duration:
        out << " = " << value.integer << " ns\n";
        return;
    case Value::Type::Size:
        out << " = " << value.integer << " B\n";
        return;
    case Value::Type::Object:
        out << " = node " << value.node << (value.interface.empty() ? "" : " as " + value.interface)
            << (value.has_with ? " with" : "") << '\n';
        break;
    case Value::Type::List:
        out << " = list\n";
        break;
    case Value::Type::Table:
        out << " = table\n";
        break;
    }
    for (const Value &item : value.items) dump_value(item, indent + "  ", out);
}

void dump_limits(const ListenerLimits &limits, std::ostream &out)
{
    if (limits == ListenerLimits()) return;
    out << ", per address " << limits.per_address << ", " << limits.accept_rate << " a second, "
        << limits.bytes_per_second << " B/s, output " << limits.output << ", idle " << limits.idle_ns << " ns"
        << (limits.overflow == ListenerLimits::Overflow::Close ? ", closes" : "");
}

void dump_listener(const ListenerPlan &listener, std::ostream &out)
{
    out << "  listener " << listener.name << ": node " << listener.node;
    for (const Endpoint &address : listener.addresses) out << ", " << address.text();
    if (listener.limits.connections > 0) out << ", at most " << listener.limits.connections;
    if (!(listener.socket == SocketOptions()))
        out << ", backlog " << listener.socket.backlog << ", send " << listener.socket.send_buffer << ", receive "
            << listener.socket.receive_buffer << (listener.socket.no_delay ? "" : ", delay");
    for (const Network &network : listener.socket.proxies) out << ", proxy " << network.text();
    if (listener.socket.mode != kNone) out << ", mode " << listener.socket.mode;
    if (listener.socket.owner != kNone) out << ", owner " << listener.socket.owner;
    if (listener.socket.group != kNone) out << ", group " << listener.socket.group;
    dump_limits(listener.limits, out);
    out << '\n';
}

void dump_rights(const WorkerRights &rights, std::ostream &out)
{
    if (rights.drops) out << "user " << rights.user << ", " << rights.uid << ':' << rights.gid << '\n';
    if (rights.umask >= 0) out << "umask " << rights.umask << '\n';
    if (!rights.directory.empty()) out << "directory " << rights.directory << '\n';
    if (!rights.chroot.empty()) out << "chroot " << rights.chroot << '\n';
}

std::string dump(const HostPlan &plan)
{
    std::ostringstream out;
    for (const std::string &directory : plan.plugins) out << "plugins " << directory << '\n';
    if (!plan.control.empty()) out << "control " << plan.control << '\n';
    if (plan.drain_timeout_ns != HostPlan().drain_timeout_ns) out << "drain_timeout " << plan.drain_timeout_ns << '\n';
    if (plan.start_timeout_ns != HostPlan().start_timeout_ns) out << "start_timeout " << plan.start_timeout_ns << '\n';
    if (!(plan.log == LogPlan()))
        out << "log " << level_name(plan.log.level) << ' ' << plan.log.path << " format "
            << static_cast<int>(plan.log.format) << '\n';
    if (plan.log.access.format != AccessFormat::Off)
        out << "access " << (plan.log.access.format == AccessFormat::Json ? "json " : "combined ")
            << (plan.log.access.path.empty() ? "to stderr" : plan.log.access.path) << '\n';
    if (plan.log.output > LogPlan::Output::File)
        out << "log to " << (plan.log.output == LogPlan::Output::Syslog ? "syslog" : "journald") << '\n';
    dump_rights(plan.compartments.front().rights, out);
    for (const CompartmentPlan &compartment : plan.compartments) {
        out << "compartment " << compartment.name << ", loops " << compartment.loops;
        const WorkerLimits &most = compartment.limits;
        if (!(most == WorkerLimits()))
            out << ", memory " << most.memory << ", descriptors " << most.descriptors << ", cpu " << most.cpu;
        out << '\n';
        if (!(compartment.rights == plan.compartments.front().rights)) dump_rights(compartment.rights, out);
        for (const PluginRef &plugin : compartment.plugins)
            out << "  plugin " << plugin.name << ' ' << plugin.path << '\n';
        for (std::size_t i = 0; i < compartment.nodes.size(); ++i) {
            const NodePlan &node = compartment.nodes[i];
            out << "  node " << i << ": " << node.name << ", " << node.kind << " (" << node.role << ")";
            if (!(node.restart == RestartPolicy()))
                out << ", restart " << static_cast<int>(node.restart.when) << ' ' << node.restart.limit << ' '
                    << node.restart.within_ns;
            out << '\n';
            for (const Value &option : node.options.items) dump_value(option, "    ", out);
        }
        for (const ListenerPlan &listener : compartment.listeners) dump_listener(listener, out);
    }
    return out.str();
}

struct Case {
    std::map<std::string, std::string> files;
    std::vector<std::string> sets;
    std::map<std::string, std::string> variables;
};

Case split(const std::string &input)
{
    Case made;
    std::string *file = &made.files["hawser.toml"];
    std::istringstream lines(input);
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with("@@ set "))
            made.sets.push_back(line.substr(7));
        else if (line.starts_with("@@ env "))
            made.variables[line.substr(7, line.find('=') - 7)] = line.substr(line.find('=') + 1);
        else if (line.starts_with("@@ file "))
            file = &made.files[line.substr(8)];
        else
            *file += line + '\n';
    }
    return made;
}

std::string outcome(const Case &given, const fs::path &directory)
{
    for (const auto &[name, text] : given.files) {
        fs::create_directories((directory / name).parent_path());
        std::ofstream(directory / name, std::ios::binary) << text;
    }
    fs::current_path(directory);
    LoadRequest request;
    request.path = "hawser.toml";
    request.sets = given.sets;
    request.default_plugin_directory = "/plugins";
    request.cores = 4;
    request.environment = [&](const std::string &name) -> std::optional<std::string> {
        const auto found = given.variables.find(name);
        return found != given.variables.end() ? std::optional(found->second) : std::nullopt;
    };
    request.find_plugins = [](const std::vector<std::string> &) { return test_plugins(); };
    const Loaded loaded = load_config(request);
    std::string out;
    for (const Problem &problem : loaded.problems.sorted()) out += format_problem(loaded.sources, problem);
    if (loaded.plan) out += dump(*loaded.plan);
    // The directory of the test is nobody's business.
    for (std::size_t at; (at = out.find(directory.string())) != std::string::npos;)
        out.replace(at, directory.string().size(), "DIR");
    return out;
}

class Golden : public ::testing::TestWithParam<std::string> {};

TEST_P(Golden, GivesWhatItsCaseExpects)
{
    const fs::path path = fs::path(HAWSER_CASES) / (GetParam() + ".case");
    const std::string text = read(path);
    const std::size_t dashes = text.find(kDashes);
    const std::string input = text.substr(0, dashes);
    char name[] = "/tmp/hawser-golden-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    const std::string got = outcome(split(input), name);
    fs::current_path("/");
    fs::remove_all(name);
    if (std::getenv("HAWSER_GOLDEN_UPDATE") != nullptr) {
        std::ofstream(path, std::ios::binary) << input << kDashes << got;
        return;
    }
    ASSERT_NE(dashes, std::string::npos) << path << " has no line of ten dashes";
    EXPECT_EQ(got, text.substr(dashes + kDashes.size()));
}

std::vector<std::string> case_names()
{
    std::vector<std::string> names;
    for (const auto &entry : fs::directory_iterator(HAWSER_CASES)) {
        if (entry.path().extension() == ".case") names.push_back(entry.path().stem().string());
    }
    std::sort(names.begin(), names.end());
    return names;
}

INSTANTIATE_TEST_SUITE_P(Config, Golden, ::testing::ValuesIn(case_names()),
                         [](const auto &each) { return each.param; });

TEST(Golden, HasCasesForTheMistakesOfUsers) { EXPECT_GE(case_names().size(), 250U); }

TEST(Load, ReadsTenThousandLinesWithAThousandRoutes)
{
    std::string text = "[listeners.a]\naddress = \"127.0.0.1:1\"\nprotocol = \"web\"\n[listeners.a.routes]\n";
    for (int i = 0; i < 1000; ++i)
        text += "\"/r" + std::to_string(i) + "\" = { resource = \"page\", text = \"x\" }\n" + std::string(9, '\n');
    LoadRequest request;
    request.text = text;
    request.name = "many";
    request.find_plugins = [](const std::vector<std::string> &) { return test_plugins(); };
    const Loaded loaded = load_config(request);
    ASSERT_TRUE(loaded.plan) << format_problem(loaded.sources, loaded.problems.sorted().front());
    EXPECT_EQ(loaded.plan->compartments[0].nodes.size(), 1001U);
}

} // namespace
} // namespace hawser::host
