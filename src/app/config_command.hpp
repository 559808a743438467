/// `config`: every setting with value, source and meaning; and the document made of the same list.
#pragma once

#include <ostream>

#include "base/settings.hpp"

namespace app {

void print_settings(const base::SettingsReader& reader, std::ostream& out);
/// {"settings":[{"name","value","source","origin","group","type","unit","range","default","meaning"}…]}, secrets
/// masked.
void print_settings_json(const base::SettingsReader& reader, std::ostream& out);
/// docs/configuration.md.
void print_settings_markdown(const base::SettingsReader& defaults, std::ostream& out);

}  // namespace app
