// One running compartment: its loops, instances and tree, and the steps from start to end. Every step is called from
// the worker's own thread, in this order: load, start_loops, create, start_services, serve, drain, end.
#pragma once

#include "base/metrics.hpp"
#include "base/record_writer.hpp"
#include "bridge/host_face.hpp"
#include "bridge/instances.hpp"
#include "bridge/service_part.hpp"
#include "config/plan.hpp"
#include "seam/channel.hpp"
#include "seam/status_page.hpp"
#include "tree/tree.hpp"
#include "worker/loop_thread.hpp"
#include "worker/ports.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

namespace hawser::host {

class Compartment {
public:
    // `plan`, `page` and `log` outlive this. `something_happened` is called on any thread when connections have gone.
    // `access`: whether and how lines of requests are written. `checks`: abi_check.
    Compartment(const CompartmentPlan &plan, StatusPage &page, Log &log, std::function<void()> something_happened,
                AccessFormat access = AccessFormat::Off, bool checks = false);
    ~Compartment(); // REQUIRES: end() was called, or start_loops() was not

    std::optional<Failure> load();
    void start_loops();
    std::optional<Failure> create();
    // done() comes on loop 0. One that does not start in `each_ns` fails; `rollback_ns` is for stopping the others
    // then.
    void start_services(std::uint64_t each_ns, std::uint64_t rollback_ns,
                        const std::function<void(std::optional<Failure>)> &done);
    std::optional<Failure> serve(std::vector<PassedSocket> sockets);
    // The ways on which connections come from older generations, or go to the next one at a drain.
    void hand_over(Handoff handoff);

    // Where lines of requests go from now on; of no effect if they are off.
    void set_access_output(Fd fd);

    // Accepts no more: closes its listening sockets. Of those that nobody serves any more, `unserved` or with `all`
    // every one, it takes what waits in their queues first. False: a loop is stuck.
    bool close_listeners(const std::vector<ListenerAddress> &unserved, bool all);
    // Tells everything to finish by `deadline`. False: a loop is stuck.
    bool drain(std::uint64_t deadline, std::uint32_t why);
    std::uint64_t open() const;                             // connections of listeners, those on their way included
    std::uint64_t moved() const { return movement_.moved; } // that the next generation has taken
    bool awaits_arrivals() const { return movement_.arriving > 0; } // an older generation may send some
    std::uint64_t abort();                                          // ends them; returns how many there were
    // Stops the services within `all_ns`, also while they start; done() comes on loop 0, or at once if there is none.
    // May be called again to hurry. If a loop is stuck, done() never comes.
    void stop_services(std::uint64_t all_ns, const std::function<void()> &done);
    // Logs those that should have stopped by now.
    void name_laggards();
    // Destroys the instances, ends the loops; the services have stopped. False: a loop is stuck; then nothing of this
    // may be destroyed any more and the process has to end. The lines of requests have been written then, or are lost.
    bool end(std::uint64_t timeout_ns);

    std::vector<NodeReport> report() const;
    // Hears on any thread that a plugin asks for the end of the host.
    void on_end_asked(std::function<void(const std::string &node, int status, const std::string &why)> hear)
    {
        host_.on_end_asked(std::move(hear));
    }
    unsigned given_up() const { return tree_->given_up(); } // services that did not start or stop in time

private:
    bool end_all(std::uint64_t timeout_ns);
    bool open_door(LoopFace &face, std::string_view listener, Fd socket);
    bool on_all(const std::function<void(LoopThread &)> &work);
    void take_way(LoopThread &thread, Handoff::Role role, Fd way);
    std::optional<Failure> attach(LoopThread &thread, std::vector<PassedSocket> &sockets);
    void node_failed(const std::string &node, const std::string &why);

    const CompartmentPlan &plan_;
    StatusPage &page_;
    Log &log_;
    std::function<void()> something_happened_;
    std::optional<RecordWriter> access_lines_; // outlives the loops
    std::optional<Metrics> metrics_;           // likewise
    OffloadPool pool_;
    HostFace host_;
    Instances instances_;
    std::vector<std::unique_ptr<LoopThread>> threads_;
    std::unique_ptr<Tree> tree_;
    std::deque<ServicePart> parts_;
    std::deque<ListenerShare> shares_;
    Ports ports_;
    Movement movement_;
    bool running_ = false;
    bool stuck_ = false;
};

} // namespace hawser::host
