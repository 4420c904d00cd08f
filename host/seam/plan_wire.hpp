// A CompartmentPlan as bytes. Where things stood in the configuration's files is not carried.
#pragma once

#include "config/plan.hpp"
#include "seam/wire.hpp"

namespace hawser::host {

void write_plan(WireWriter &out, const CompartmentPlan &plan);
// The reader is bad if anything is: a length, a number that names nothing, a tree that is too deep.
void read_plan(WireReader &in, CompartmentPlan &plan);

} // namespace hawser::host
