// Twisted's echo server: what comes goes back.
#include "hawser/hawser.hpp"
#include "hawser/stream.hpp"

hawser::Task<> echo(hawser::Stream &stream)
{
    while (const auto bytes = co_await stream.read_some()) co_await stream.write(*bytes);
}
HAWSER_PLUGIN(hawser::stream_protocol<echo>("classic_echo"))
