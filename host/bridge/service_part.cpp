// Tests: tests/unit/worker/compartment_test.cpp
#include "bridge/service_part.hpp"

#include "bridge/crumbs.hpp"
#include "bridge/guard.hpp"

#include <cstring>
#include <utility>

namespace hawser::host {

ServicePart::ServicePart(Instances &instances, std::uint32_t node, std::string name, LoopFace &loop)
    : instances_(instances)
    , node_(node)
    , name_(std::move(name))
    , loop_(loop)
{
    pending_.op.complete = completed;
    pending_.part = this;
}

Failure ServicePart::failure(std::int64_t result) const
{
    Failure failure;
    failure.node = name_;
    failure.option.assign(error_.option, strnlen(error_.option, sizeof error_.option));
    failure.status = failure.option.empty() ? Status::PluginFailed : Status::BadConfig;
    failure.text.assign(error_.text, strnlen(error_.text, sizeof error_.text));
    if (failure.text.empty()) failure.text = "start failed with status " + std::to_string(result);
    return failure;
}

void ServicePart::completed(hawser_op *op, std::int64_t result) noexcept
{
    ServicePart &self = *reinterpret_cast<Pending *>(op)->part;
    const std::uint32_t tag = Instances::tag(self.node_);
    if (!self.loop_.here("hawser_op.complete", tag)) return;
    if (self.inside_ || (!self.on_started_ && !self.on_stopped_))
        self.loop_.host().broke(tag, 0, "hawser_op.complete",
                                self.inside_ ? "expected a completion after start or stop has returned, got one inside"
                                             : "expected one completion of each start or stop, got another");
    else
        self.finished(result);
}

void ServicePart::finished(std::int64_t result)
{
    if (auto started = std::exchange(on_started_, {})) {
        if (result < 0)
            started(failure(result));
        else
            started(std::nullopt);
    } else if (auto stopped = std::exchange(on_stopped_, {})) {
        stopped();
    }
}

std::int32_t ServicePart::threw(const std::string &text)
{
    const std::string whole = "start threw: " + text;
    error_.text[whole.copy(error_.text, sizeof error_.text - 1)] = '\0';
    error_.option[0] = '\0';
    return HAWSER_FAILED;
}

void ServicePart::start(std::function<void(std::optional<Failure>)> done)
{
    const auto *service = reinterpret_cast<const hawser_service *>(instances_.kind(node_));
    on_started_ = std::move(done);
    error_ = {};
    error_.struct_size = sizeof error_;
    std::int32_t status = HAWSER_OK;
    if (service->start != nullptr) {
        const crumb::Left left(*loop_.abi(), Instances::tag(node_), crumb::kStart);
        const OneProcess one;
        inside_ = true;
        status = contain([&] { return service->start(instances_.self(node_, 0), &pending_.op, &error_); },
                         [&](const std::string &thrown) { return threw(thrown); });
        inside_ = false;
    }
    if (status != HAWSER_PENDING) finished(status);
}

void ServicePart::stop(std::function<void()> done)
{
    const auto *service = reinterpret_cast<const hawser_service *>(instances_.kind(node_));
    on_stopped_ = std::move(done);
    std::int32_t status = HAWSER_OK;
    if (service->stop != nullptr) {
        const crumb::Left left(*loop_.abi(), Instances::tag(node_), crumb::kStop);
        inside_ = true;
        status = contain([&] { return service->stop(instances_.self(node_, 0), &pending_.op); },
                         [&](const std::string &) {
                             loop_.host().threw(Instances::tag(node_), crumb::kStop);
                             return HAWSER_OK;
                         });
        inside_ = false;
    }
    if (status != HAWSER_PENDING) finished(status);
}

} // namespace hawser::host
