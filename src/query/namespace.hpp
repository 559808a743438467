/// First include of every header of this room: Asio's trait names an unqualified `query(...)`, which would find the
/// namespace instead of a function where the namespace was opened before.
#pragma once

#include <boost/asio/traits/query_free.hpp>
