// Tests: plugins/compress/tests/compress_test.cpp
#include "accept.hpp"

#include "hawser/http_accept.hpp"

#include <algorithm>

namespace coding {

Coding choose(std::string_view accept, const std::vector<Coding> &ours)
{
    Coding best = Coding::Identity;
    int most = 0;
    for (const Coding coding : ours) {
        int weight = hawser::http::liking(accept, name_of(coding));
        if (coding == Coding::Gzip) weight = std::max(weight, hawser::http::liking(accept, "x-gzip"));
        if (weight <= most) continue;
        most = weight;
        best = coding;
    }
    return best;
}

} // namespace coding
