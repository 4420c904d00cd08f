// The page that uses the API.
#pragma once

#include <string_view>

std::string_view notes_page();
