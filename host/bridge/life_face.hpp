// hawser.life/1 as plugins see it.
#pragma once

#include "hawser/life.h"

namespace hawser::host {

extern const hawser_life kLife;

} // namespace hawser::host
