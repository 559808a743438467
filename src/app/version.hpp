/// The version of this program, from the build.
#pragma once

namespace app {

extern const char* const version;

}  // namespace app
