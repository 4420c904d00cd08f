// The protocol @name@: greets, and gives back every line.
#include "hawser/hawser.hpp"
#include "hawser/stream.hpp"

namespace {

struct Settings {
    hawser::Node node;
};

hawser::Task<> talk(hawser::Stream &stream, Settings &settings)
{
    co_await stream.write(std::string(settings.node.option("greeting").text()) + "\n");
    while (const auto line = co_await stream.read_line()) co_await stream.write(std::string(*line) + "\n");
}

} // namespace

HAWSER_PLUGIN(hawser::stream_protocol<talk, Settings>("@name@"))
