#include "base/principal.hpp"

#include <algorithm>

namespace base {

bool Principal::has_role(const std::string& role) const {
    return std::find(roles.begin(), roles.end(), role) != roles.end();
}

}  // namespace base
