// Deadlines in order: a binary heap whose entries know their place, so that one can be cancelled in O(log n). The
// memory of a timer belongs to whoever started it: here lies only a pointer to it and to the word that says where in
// the heap it is. For one thread.
#pragma once

#include <cstdint>
#include <vector>

namespace hawser::host {

class TimerHeap {
public:
    using Fire = void (*)(void *who);
    using Place = void *; // a number, in the type that a hawser_op has room for

    // fire(who) runs once `at` has come; timers of the same `at` in the order of start. `*place` is the timer's own
    // word until it fires or is cancelled: not null while it waits.
    void start(std::uint64_t at, Fire fire, void *who, Place *place);
    // False if it does not wait.
    bool cancel(Place *place);

    // The earliest deadline, or 0 if there is none.
    std::uint64_t next() const { return entries_.empty() ? 0 : entries_.front().at; }
    // Fires what is due at `now`, also what callbacks start meanwhile if it was due before the call; at most `most`, so
    // that a timer that restarts itself in the past starves nobody. Returns how many fired.
    unsigned fire_due(std::uint64_t now, unsigned most = 1024);
    std::size_t size() const { return entries_.size(); }

private:
    struct Entry {
        std::uint64_t at, sequence;
        Fire fire;
        void *who;
        Place *place;
    };
    static bool before(const Entry &a, const Entry &b) { return a.at != b.at ? a.at < b.at : a.sequence < b.sequence; }
    void put(std::size_t i, const Entry &entry);
    void up(std::size_t i, const Entry &entry);
    void down(std::size_t i, const Entry &entry);
    void take(std::size_t i);

    std::vector<Entry> entries_;
    std::uint64_t sequence_ = 0;
};

} // namespace hawser::host
