// Tests: tests/faults/rehearsal_test.cpp
#include "supervisor/rehearsal.hpp"

#include "supervisor/culprit.hpp"
#include "supervisor/events.hpp"
#include "supervisor/privileges.hpp"
#include "supervisor/worker_handle.hpp"

#include <map>
#include <utility>

namespace hawser::host {
namespace {

class Rehearsal {
public:
    explicit Rehearsal(const HostPlan &plan)
        : plan_(plan)
        , drops_(missing_privileges(plan).empty())
    {}

    Rehearsed run()
    {
        auto launcher = process_launcher();
        if (!launcher) return {launcher.error().status, {{{}, launcher.error().text, {}}}};
        // A copy for each: the snapshots are of what is rehearsed here, not of what would serve.
        for (const CompartmentPlan &compartment : plan_.compartments) start(**launcher, compartment);
        if (!workers_.empty()) events_.run();
        return std::move(result_);
    }

private:
    void start(Launcher &launcher, const CompartmentPlan &compartment)
    {
        Snapshot snapshot;
        snapshot.start_timeout_ns = plan_.start_timeout_ns;
        snapshot.log_level = plan_.log.level;
        snapshot.rehearses = true;
        snapshot.compartment = compartment;
        snapshot.compartment.listeners.clear();
        if (!drops_) snapshot.compartment.rights = {};
        const std::string name = compartment.name;
        WorkerHearer hearer;
        hearer.ready = [this, name] {
            passed_[name] = true;
            workers_.at(name)->stop();
        };
        hearer.failed = [this, name](const Failed &failed) { blame(name, failed); };
        hearer.serving = hearer.closed = [] {};
        hearer.status = [](const StatusReport &) {};
        hearer.drained = [](const Drained &) {};
        hearer.ended = [this, name](const WorkerEnd &end) { ended(name, end); };
        auto worker = WorkerHandle::start(events_, launcher, snapshot,
                                          std::make_shared<const CompartmentPlan>(snapshot.compartment), {}, {},
                                          std::move(hearer));
        if (worker)
            workers_[name] = std::move(*worker);
        else
            blame(name, {static_cast<std::int32_t>(worker.error().status), {}, {}, worker.error().text});
    }

    void blame(const std::string &name, const Failed &failed)
    {
        if (!blamed_.emplace(name, true).second) return;
        // A mistake in the configuration is the operator's, and said by the status before a plugin's own.
        const auto status = static_cast<Status>(failed.status);
        if (result_.status == Status::Ok || status == Status::BadConfig) result_.status = status;
        result_.problems.push_back(locate(failed, plan_));
    }

    // One that was ready ends as it likes, but it does not crash.
    void ended(const std::string &name, const WorkerEnd &end)
    {
        const bool passed = passed_[name] && end.signal == 0 && end.status == 0;
        if (!passed) {
            Failed failed;
            failed.text = "compartment \"" + name + "\": its worker ended " +
                          (passed_[name] ? "while it destroyed what it had created" : "before all was created") +
                          ", with " + describe(*workers_.at(name), end);
            if (const std::string in = find_culprit(*workers_.at(name), end).in; !in.empty())
                failed.text += ", in " + in;
            blame(name, failed);
        }
        const std::unique_ptr<WorkerHandle> gone = std::move(workers_.at(name));
        workers_.erase(name);
        if (workers_.empty()) events_.stop();
    }

    const HostPlan &plan_;
    const bool drops_;
    Events events_;
    std::map<std::string, std::unique_ptr<WorkerHandle>> workers_;
    std::map<std::string, bool> passed_, blamed_;
    Rehearsed result_;
};

} // namespace

Problem locate(const Failed &failed, const HostPlan &plan)
{
    for (const CompartmentPlan &compartment : plan.compartments) {
        for (const NodePlan &node : compartment.nodes) {
            if (node.name != failed.node) continue;
            const auto option = node.origin.options.find(failed.option);
            const bool known = option != node.origin.options.end();
            const std::string text = (failed.option.empty() ? "" : failed.option + ": ") + failed.text;
            return {known ? option->second : node.origin.node, text, {}};
        }
    }
    return {{}, failed.text, {}};
}

Rehearsed rehearse(const HostPlan &plan) { return Rehearsal(plan).run(); }

} // namespace hawser::host
