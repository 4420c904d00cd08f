// hawser.ready/1 as plugins see it: descriptors of theirs in the loop's set.
#pragma once

#include "hawser/ready.h"

namespace hawser::host {

extern const hawser_ready kReadiness;

} // namespace hawser::host
