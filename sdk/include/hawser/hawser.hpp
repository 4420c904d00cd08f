// hawser/hawser.hpp: all of the C++20 layer that needs no HTTP. Protocols, services, options, timers, work off the
// loop. Header-only, standard library only. For HTTP resources include hawser/http.hpp.
#pragma once

#include "hawser/abi.h"
#include "hawser/async.hpp"
#include "hawser/connection.hpp"
#include "hawser/error.hpp"
#include "hawser/node.hpp"
#include "hawser/options.hpp"
#include "hawser/plugin.hpp"
#include "hawser/protocol.hpp"
#include "hawser/service.hpp"
