// The example `notes` as its users meet it: in a browser, and while the host below it is reloaded and killed.
#include "web.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <regex>
#include <string>
#include <vector>

namespace hawser::test {
namespace {

std::string notes_config(const TempDir &directory, const std::string &more = {}, int page_size = 20)
{
    return "[host]\nplugins = [\"" HAWSER_PLUGINS "\", \"" HAWSER_NOTES_PLUGINS "\"]\ncontrol = \"control.sock\"\n"
           "[log.access]\n[services.data]\nservice = \"sqlite\"\npath = \"" +
           directory.path() +
           "/notes.db\"\ninit = \"CREATE TABLE IF NOT EXISTS notes (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT "
           "NOT "
           "NULL, version INTEGER NOT NULL DEFAULT 1, changed TEXT NOT NULL DEFAULT "
           "(strftime('%Y-%m-%dT%H:%M:%SZ')))\"\n[listeners.web]\naddress = \"127.0.0.1:0\"\nprotocol = \"http\"\n"
           "[listeners.web.routes]\n" +
           more + "\"/\" = { resource = \"notes\", database = \"data\", page_size = " + std::to_string(page_size) +
           " }\n";
}

// Keeps one in the page's own form, and says what the list shows.
constexpr const char *kDriver = R"html(<!doctype html><iframe id="page" src="/"></iframe><script>
const page = document.getElementById('page');
page.onload = () => {
  const inside = page.contentDocument;
  inside.getElementById('text').value = 'tie <b>the</b> boat';
  inside.querySelector('form button').click();
  const look = setInterval(() => {
    const item = inside.querySelector('#list li span');
    if (!item) return;
    clearInterval(look);
    location = '/done?' + encodeURIComponent(item.textContent);
  }, 20);
};
</script>)html";

TEST(Notes, AreKeptFromAPageInABrowser)
{
    const TempDir directory;
    directory.write("drive.html", kDriver);
    Host host(notes_config(directory, "\"/drive\" = { resource = \"static\", root = \"" + directory.path() +
                                          "\" }\n\"=/done\" = { resource = \"text\", body = \"thanks\" }\n"));
    ASSERT_TRUE(host.ready()) << host.process().err();
    Process browser({"chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
                     "--user-data-dir=" + directory.path() + "/profile", "--remote-debugging-port=0",
                     "http://" + host.address("web") + "/drive/drive.html"});
    EXPECT_TRUE(host.log_has("\"GET /done?tie%20%3Cb%3Ethe%3C%2Fb%3E%20boat ")) << host.process().err();
    browser.signal(SIGTERM);
    browser.wait();
    EXPECT_EQ(host.stop(), 0);
}

// The id of the note that was acknowledged, or "".
std::string keep(const Host &host, int i)
{
    const std::string body = "{\"text\": \"note " + std::to_string(i) + "\"}";
    const Ended answer = run({"curl", "-s", "-i", "-m", "5", "-H", "Content-Type: application/json", "-d", body,
                              "http://" + host.address("web") + "/notes"});
    std::smatch id;
    const bool kept = answer.out.starts_with("HTTP/1.1 201");
    return kept && std::regex_search(answer.out, id, std::regex("Location: notes/([0-9]+)")) ? id[1].str() : "";
}

TEST(Notes, ThatWereAcknowledgedOutliveReloadsAndKills)
{
    const TempDir directory;
    Host host(notes_config(directory));
    ASSERT_TRUE(host.ready()) << host.process().err();
    std::vector<std::string> kept;
    for (int i = 0; i < 120; ++i) {
        if (i % 40 == 20) {
            for (const int worker : host.workers()) ::kill(worker, SIGKILL);
        }
        if (i % 40 == 39) {
            host.rewrite(notes_config(directory, "", 20 + i));
            EXPECT_EQ(host.command({"reload"}).status, 0);
        }
        const std::string id = keep(host, i);
        if (!id.empty()) kept.push_back(id);
    }
    EXPECT_GE(kept.size(), 110U) << host.process().err();
    for (const std::string &id : kept) EXPECT_EQ(host.connect().get("/notes/" + id).status, 200) << id;
    EXPECT_EQ(host.stop(), 0);
}

} // namespace
} // namespace hawser::test
