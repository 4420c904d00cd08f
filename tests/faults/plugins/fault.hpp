// A plugin that fails where it is told to, by the C boundary alone: nothing guards what it does. While it is loaded it
// fails as its file's name says (a copy of it named ctor_crash.so crashes in a static initializer); later in the
// function that the option `at` names, in the way that `how` says.
#pragma once

#include "hawser/abi.h"
#include "hawser/http.h"

#include <string>
#include <string_view>

namespace fault {

const std::string &own_name(); // of its file, without ".so"

// Does what `how` says, one of the choices in fault.toml.
void fail(std::string_view how, const char *where);

struct Instance {
    hawser_loop *loop = nullptr;
    const hawser_node *node = nullptr;
    std::string at, how;

    // Fails if `function` is what `at` names.
    void here(const char *function) const
    {
        if (at == function) fail(how, function);
    }
};
Instance read(hawser_loop *loop, const hawser_node *node);

extern const hawser_service kService, kUser;
extern const hawser_protocol kProtocol;
extern const hawser_http_resource kResource;

} // namespace fault
