// A constructor that leaves a trace: whoever lists or checks plugins must never run it.
#include "hawser/hawser.hpp"

#include <cstdio>
#include <cstdlib>

namespace {

struct Trace {
    Trace()
    {
        const char *path = std::getenv("TMPDIR");
        if (path == nullptr) return;
        const std::string file = std::string(path) + "/marker-ran";
        if (std::FILE *out = std::fopen(file.c_str(), "w")) std::fclose(out);
    }
};
const Trace kTrace;

struct Marker {};

} // namespace

HAWSER_PLUGIN(hawser::service<Marker>("marker"))
