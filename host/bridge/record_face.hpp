// hawser.records/1 as plugins see it: lines that go to the RecordWriter of their compartment.
#pragma once

#include "hawser/records.h"

namespace hawser::host {

extern const hawser_records kRecords;

} // namespace hawser::host
