// Completions as the shells themselves see them.
#include "host_process.hpp"

#include <gtest/gtest.h>

namespace hawser::test {
namespace {

// A directory with the scripts and something to complete.
class Completion : public ::testing::Test {
protected:
    Completion()
    {
        for (const char *shell : {"bash", "zsh", "fish"})
            directory_.write(std::string("hawser.") + shell, hawser({"completion", shell}).out);
        directory_.write("site.toml", "");
        directory_.write("socket.txt", "");
        directory_.write("plug/in.so", "");
    }
    // What the tab key offers after `line`, a word a line.
    std::string bash(const std::string &line) const
    {
        return shell("bash", "source ./hawser.bash; IFS=, read -ra COMP_WORDS <<< '" + line +
                                 "'; COMP_WORDS+=(); COMP_CWORD=$((${#COMP_WORDS[@]} - 1)); "
                                 "COMP_WORDS[COMP_CWORD]=${COMP_WORDS[COMP_CWORD]#_}; _hawser; printf '%s\\n' "
                                 "\"${COMPREPLY[@]}\"");
    }
    std::string fish(const std::string &line) const
    {
        return shell("fish", "source ./hawser.fish; complete -C '" + line + "' | string replace -r '\\t.*' ''");
    }
    std::string shell(const std::string &name, const std::string &script) const
    {
        const Ended ended = run({name, "-c", script}, {directory_.path(), {{"HOME", directory_.path()}}, 0});
        EXPECT_EQ(ended.err, "") << script;
        return ended.out;
    }
    TempDir directory_;
};

TEST_F(Completion, OfBashOffersCommandsOptionsWordsAndFiles)
{
    EXPECT_EQ(bash("hawser,st"), "status\nstop\n");
    EXPECT_EQ(bash("hawser,check,--"), "--set\n--json\n--deep\n--help\n");
    EXPECT_EQ(bash("hawser,check,s"), "site.toml\n");
    EXPECT_EQ(bash("hawser,plugins,w"), "why\n");
    EXPECT_EQ(bash("hawser,plugins,why,s"), "socket.txt\nsite.toml\n");
    EXPECT_EQ(bash("hawser,plugins,--directory,p"), "plug\n");
    EXPECT_EQ(bash("hawser,status,--control,so"), "socket.txt\n");
    EXPECT_EQ(bash("hawser,run,--pidfile,x,si"), "site.toml\n");
    EXPECT_EQ(bash("hawser,help,relo"), "reload\n");
    EXPECT_EQ(bash("hawser,completion,z"), "zsh\n");
}

TEST_F(Completion, OfFishOffersCommandsOptionsWordsAndFiles)
{
    EXPECT_EQ(fish("hawser st"), "status\nstop\n");
    EXPECT_EQ(fish("hawser check --d"), "--deep\n");
    EXPECT_EQ(fish("hawser check si"), "site.toml\n");
    EXPECT_EQ(fish("hawser logs "), "reopen\n");
    EXPECT_EQ(fish("hawser plugins --directory pl"), "plug/\n");
    EXPECT_EQ(fish("hawser completion z"), "zsh\n");
}

// In a terminal of its own: zsh completes nowhere else.
TEST_F(Completion, OfZshCompletesCommandsAndOptions)
{
    directory_.write("try.zsh", "zmodload zsh/zpty\nzpty z zsh -f -i\n"
                                "zpty -w z 'PS1=; autoload -U compinit; compinit -u -D; source ./hawser.zsh; bindkey "
                                "\"^I\" complete-word; setopt nobeep; print -r RE\"\"ADY'\n"
                                "zpty -r z out '*READY*'\nzpty -w -n z $'hawser che\\t'\nzpty -r z out '*check*'\n"
                                "zpty -w -n z $'--de\\t'\nzpty -r z out '*--deep*'\nprint -r completed\n");
    const Ended ended = run({"timeout", "60", "zsh", "-f", "try.zsh"}, {directory_.path(), {}, 0});
    EXPECT_EQ(ended.out, "completed\n") << ended.err;
}

TEST_F(Completion, IsRefusedForAnotherShell)
{
    const Ended ended = hawser({"completion", "tcsh"});
    EXPECT_EQ(ended.status, 64);
    EXPECT_EQ(ended.err, "hawser completion: expected bash, zsh or fish, got \"tcsh\"\n");
}

} // namespace
} // namespace hawser::test
