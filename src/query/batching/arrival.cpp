#include "query/batching/arrival.hpp"

#include <utility>

namespace query {

namespace {

bool hinders_all(const base::Error& error) {
    switch (error.kind()) {
        case base::Kind::overloaded:
        case base::Kind::credentials:
        case base::Kind::cancelled: return true;
        default: return false;
    }
}

Arrival arrival(backend::ReadInOne read) {
    Arrival one;
    if (read.state == backend::ReadInOne::State::ran && read.open) {
        one.read = std::move(read);
    } else if (read.state == backend::ReadInOne::State::failed) {
        one.error = std::move(read.error);
    }
    return one;
}

}  // namespace

std::vector<Arrival> arrivals(base::Result<std::vector<backend::ReadInOne>> reads, std::size_t count) {
    std::vector<Arrival> all(count);
    if (!reads) {
        if (!hinders_all(reads.error())) return all;
        for (Arrival& one : all) one.error = base::Error{reads.error()};
        return all;
    }
    for (std::size_t i = 0; i < count && i < reads->size(); ++i) all[i] = arrival(std::move((*reads)[i]));
    return all;
}

}  // namespace query
