/// Names of users' existing `.env` files that this version does not act on yet: they load, with a warning each.
#pragma once

#include "base/settings.hpp"

namespace app {

void know_later_settings(base::SettingsReader& reader);

}  // namespace app
