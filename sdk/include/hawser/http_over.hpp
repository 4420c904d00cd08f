// hawser/http_over.hpp: what is left of an exchange that a filter gave to its inner resource, once it is over: who uses
// it still is refused and named, instead of using memory that another has. Part of hawser/http_filter.hpp; authors do
// not use it.
#pragma once

#include "hawser/abi.h"
#include "hawser/http.h"
#include "hawser/node.hpp"

#include <cstddef>
#include <cstdint>
#include <new>
#include <string>
#include <string_view>

namespace hawser::http::detail {

// What is not sent.
inline void release_all(const hawser_piece *pieces, std::size_t count)
{
    for (std::size_t i = 0; i < count; ++i)
        if (pieces[i].release != nullptr) pieces[i].release(pieces[i].ctx);
}

// In the engine's words; `node` is the filter's. [loop]
inline std::int32_t misused(const Node &node, const hawser_object &inner, const char *call, std::string_view what)
{
    const std::string error = std::string("hawser_http_exchange.") + call + ": " + std::string(what);
    node.error("contract_broken", {{"resource", view(inner.name)}, {"error", error}});
    return HAWSER_INVALID;
}

// The exchange behind a filter that is over. [loop]
struct Over final : hawser_http_exchange {
    void *memory;               // of the filter's object, in which this is
    Over *next = nullptr;       // which was over after this one
    Node node;                  // of the filter
    const hawser_object *inner; // null: it was not told, so it is not its fault

    Over(void *in, const Node &of, const hawser_object *by)
        : hawser_http_exchange{&kApi}
        , memory(in)
        , node(of)
        , inner(by)
    {}

private:
    // The filter's instance ends before the inner one; then there is nobody left to tell it.
    static std::int32_t refuse(const hawser_http_exchange *e, const char *call)
    {
        const auto *self = static_cast<const Over *>(e);
        if (self->inner == nullptr || hawser::detail::Home::of(self->node.raw()) == nullptr) return HAWSER_INVALID;
        return misused(self->node, *self->inner, call, "expected an exchange that goes on, got one that is over");
    }
    static std::int32_t HAWSER_CALL respond(hawser_http_exchange *e, std::uint32_t, const hawser_field *, std::size_t,
                                            const hawser_piece *body, std::size_t pieces) noexcept
    {
        release_all(body, pieces);
        return refuse(e, "respond");
    }
    static std::int32_t HAWSER_CALL begin(hawser_http_exchange *e, std::uint32_t, const hawser_field *, std::size_t,
                                          std::int64_t) noexcept
    {
        return refuse(e, "begin");
    }
    static std::int32_t HAWSER_CALL write(hawser_http_exchange *e, const hawser_piece *body,
                                          std::size_t pieces) noexcept
    {
        release_all(body, pieces);
        return refuse(e, "write");
    }
    static std::int32_t HAWSER_CALL send_file(hawser_http_exchange *e, std::intptr_t, std::uint64_t, std::uint64_t,
                                              void(HAWSER_CALL *let_go)(void *), void *ctx) noexcept
    {
        if (let_go != nullptr) let_go(ctx);
        return refuse(e, "send_file");
    }
    static std::int32_t HAWSER_CALL end(hawser_http_exchange *e, const hawser_field *, std::size_t) noexcept
    {
        return refuse(e, "end");
    }
    static std::int32_t HAWSER_CALL inform(hawser_http_exchange *e, std::uint32_t, const hawser_field *,
                                           std::size_t) noexcept
    {
        return refuse(e, "inform");
    }
    static const hawser_http_request *HAWSER_CALL attach(hawser_http_exchange *e, const hawser_http_handler *,
                                                         void *) noexcept
    {
        refuse(e, "attach");
        return nullptr;
    }
    static void HAWSER_CALL pause(hawser_http_exchange *, std::int32_t) noexcept {}
    static std::int32_t HAWSER_CALL upgrade(hawser_http_exchange *e, const hawser_field *, std::size_t,
                                            const hawser_session *, void *) noexcept
    {
        return refuse(e, "upgrade");
    }
    static void HAWSER_CALL abort(hawser_http_exchange *) noexcept {}
    static constexpr hawser_http_exchange_api kApi{sizeof(hawser_http_exchange_api),
                                                   0,
                                                   respond,
                                                   begin,
                                                   write,
                                                   send_file,
                                                   end,
                                                   inform,
                                                   attach,
                                                   pause,
                                                   upgrade,
                                                   abort};
};

// The memory of filters' objects of one size on this thread. What is given back rests until as many others have been:
// 32 later ones, as in the engine, and is then used again, so that a loop in its steady state allocates nothing.
template<std::size_t kSize, std::size_t kAlign>
class Resting {
public:
    static void *take()
    {
        Resting &mine = of_this_thread();
        if (mine.count_ < kMost) return ::operator new(kSize, std::align_val_t(kAlign));
        Over *oldest = mine.first_;
        mine.first_ = oldest->next;
        --mine.count_;
        return oldest->memory;
    }
    // Another one on each thread, as long as that lasts.
    static const void *thread() { return &of_this_thread(); }
    // That nothing was made in.
    static void give_back(void *memory) noexcept { ::operator delete(memory, std::align_val_t(kAlign)); }
    // `face` lies in the memory where the inner resource sees its exchange, with room for an Over.
    static void rest(void *memory, void *face, const Node &node, const hawser_object *inner) noexcept
    {
        Resting &mine = of_this_thread();
        Over *over = ::new (face) Over(memory, node, inner);
        (mine.count_ == 0 ? mine.first_ : mine.last_->next) = over;
        mine.last_ = over;
        ++mine.count_;
    }

private:
    static constexpr std::size_t kMost = 33; // 32, and the one that is in use

    Resting() = default;
    ~Resting()
    {
        for (; count_ > 0; --count_) {
            Over *over = first_;
            first_ = over->next;
            give_back(over->memory);
        }
    }
    static Resting &of_this_thread()
    {
        thread_local Resting mine;
        return mine;
    }
    Over *first_ = nullptr, *last_ = nullptr;
    std::size_t count_ = 0;
};

} // namespace hawser::http::detail
