// What the processes of the host may do: the supervisor keeps what its configuration can need, a worker with a user of
// its own nothing. Capabilities belong to threads: called while a process has one only.
#pragma once

#include "base/result.hpp"
#include "config/plan.hpp"
#include "config/source.hpp"
#include "supervisor/jail.hpp"

#include <vector>

namespace hawser::host {

// What `plan` asks for and this process may not do: a user, a chroot, ports below the first that is free for all.
std::vector<Problem> missing_privileges(const HostPlan &plan);

// Keeps: to bind low ports, to become another user, to end workers, to read and write files and give them away, to
// change roots. All else goes, also for programs that are executed. Nothing to do for who has none.
void keep_supervisor_privileges();

// Prepares `jail` for the root directory of `rights`, sets their mask and directory and becomes their user, without
// capabilities and without a way back, which is tried: no set-user-id program, no file capability gives any again.
// Without a user it keeps only the capabilities to reach files. Errors: NotPermitted, System.
Result<void> drop_to(const WorkerRights &rights, Jail &jail);

} // namespace hawser::host
