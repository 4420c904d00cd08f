// A CompartmentPlan as bytes. Where things stood in the configuration's files is not carried.
#pragma once

#include "config/plan.hpp"
#include "seam/wire.hpp"

namespace hawser::host {

void write_plan(WireWriter &out, const CompartmentPlan &plan);
// The reader is bad if anything is: a length, a number that names nothing, a tree that is too deep.
// `of_any_version`: what a program before this one did not write keeps its default. REQUIRES then: `in` holds no more.
void read_plan(WireReader &in, CompartmentPlan &plan, bool of_any_version = false);

} // namespace hawser::host
