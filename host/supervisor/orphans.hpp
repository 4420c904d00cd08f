// As the first process of a container the host gets the children of processes that have ended, whoever they were: what
// plugins started, what somebody executed beside it. They stay as zombies until it waits for them.
#pragma once

#include <set>

namespace hawser::host {

// Waits for those of this process's children that have ended and are none of `own`, which are waited for elsewhere.
void reap_orphans(const std::set<int> &own);

} // namespace hawser::host
