// A service with others behind it: one that does not start, one that does not end, one that fails later.
#include "hawser/hawser.hpp"

#include <optional>

namespace {

struct Crew {
    hawser::Node node;
    hawser::Timer timer;
    bool hangs_at_stop;

    explicit Crew(hawser::Node of)
        : node(of)
        , timer(of)
        , hangs_at_stop(of.option("mood").text() == "hang_stop")
    {}
    void start()
    {
        const std::string_view mood = node.option("mood").text();
        if (mood == "refuse_start") throw hawser::Error("its database is from another time");
        if (mood == "fail_later")
            timer.start(std::chrono::milliseconds(1), [this] { node.fail("its peer went away"); });
        if (mood == "finish") timer.start(std::chrono::milliseconds(1), [this] { node.finish(); });
    }
    void stop() { timer.cancel(); }
};

std::int32_t HAWSER_CALL stop(void *self, hawser_op *done) noexcept
{
    if (static_cast<hawser::detail::Instance<Crew> *>(self)->object.hangs_at_stop) return HAWSER_PENDING;
    return hawser::detail::stop_service<Crew>(self, done);
}

const void *HAWSER_CALL get_interface(void *, const char *) noexcept
{
    static constexpr char kNothingToCall = 0;
    return &kNothingToCall;
}

constexpr hawser_service crew()
{
    hawser_service table = hawser::service<Crew>("crew");
    table.stop = stop;
    table.kind.get_interface = get_interface;
    return table;
}

} // namespace

HAWSER_PLUGIN(crew())
