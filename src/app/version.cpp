#include "app/version.hpp"

namespace app {

const char* const version = PROJECT_VERSION;

}  // namespace app
