// hawser/testing.hpp: a host in the test's own process, behind the same tables in C as the real one: no network, no
// sleeping, no order by chance. See sdk/TESTING.md.
#pragma once

#include "hawser/testing/connection.hpp"
#include "hawser/testing/host.hpp"
#include "hawser/testing/instance.hpp"
