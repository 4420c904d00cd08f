// hawser/service_task.hpp: services whose start() or stop() is a task. hawser/scope.hpp includes it.
#pragma once

#include "hawser/abi.h"
#include "hawser/node.hpp"
#include "hawser/scope.hpp"
#include "hawser/service.hpp"
#include "hawser/task.hpp"

#include <exception>
#include <memory>
#include <utility>

namespace hawser::detail {

// A start or stop that is a task: `op` is completed at its end, unless that comes at once.
template<typename T>
struct TaskService : Instance<T> {
    explicit TaskService(const Node &of)
        : Instance<T>(of)
    {}
    static TaskService &of(void *self) { return *static_cast<TaskService *>(static_cast<Instance<T> *>(self)); }

    // HAWSER_OK, HAWSER_FAILED with `why`, or HAWSER_PENDING.
    std::int32_t run(Task<void> task, hawser_op *op, hawser_error *why)
    {
        done_ = op;
        error_ = why;
        begins_ = true;
        scope_ = std::make_unique<Scope>(this->node, failed, this, emptied);
        scope_->spawn(std::move(task));
        begins_ = false;
        return scope_->empty() ? result_ : HAWSER_PENDING;
    }

private:
    static void failed(void *self, const std::exception_ptr &thrown) noexcept
    {
        auto &service = *static_cast<TaskService *>(self);
        service.result_ = HAWSER_FAILED;
        if (service.error_ == nullptr) {
            service.node.error("stop_failed", {{"error", what(thrown)}});
            service.result_ = HAWSER_OK;
        } else {
            guarded<int>(service.error_, 0, [&] {
                std::rethrow_exception(thrown);
                return 0;
            });
        }
    }
    static void emptied(void *self) noexcept
    {
        auto &service = *static_cast<TaskService *>(self);
        if (service.begins_) return;
        const std::int32_t result = std::exchange(service.result_, HAWSER_OK);
        service.done_->complete(service.done_, result);
    }
    hawser_op *done_ = nullptr;
    hawser_error *error_ = nullptr;
    std::int32_t result_ = HAWSER_OK;
    bool begins_ = false;
    std::unique_ptr<Scope> scope_; // ends before the object
};

} // namespace hawser::detail
