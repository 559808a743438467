#include "net/client/failure.hpp"

namespace net::client {

std::string_view to_string(Cause cause) {
    switch (cause) {
        case Cause::argument: return "argument";
        case Cause::stopped: return "stopped";
        case Cause::pool: return "pool";
        case Cause::dns: return "dns";
        case Cause::connect: return "connect";
        case Cause::proxy: return "proxy";
        case Cause::certificate: return "certificate";
        case Cause::tls: return "tls";
        case Cause::closed: return "closed";
        case Cause::silent: return "silent";
        case Cause::malformed: return "malformed";
        case Cause::decoding: return "decoding";
        case Cause::too_large: return "too_large";
    }
    return "closed";
}

}  // namespace net::client
