#include "query/admission_core.hpp"

#include <algorithm>

namespace query {

AdmissionCore::Verdict AdmissionCore::ask(std::string_view principal, Ticket ticket) {
    if (running_ < limits_.running && waiting_ == 0) {
        ++running_;
        return Verdict::go;
    }
    if (waiting_ >= limits_.waiting) return Verdict::full;
    auto lane = std::find_if(lanes_.begin(), lanes_.end(), [&](const Lane& one) { return one.principal == principal; });
    if (lane == lanes_.end()) lane = lanes_.insert(lanes_.end(), Lane{std::string{principal}, {}});
    lane->tickets.push_back(ticket);
    ++waiting_;
    return Verdict::wait;
}

std::optional<AdmissionCore::Ticket> AdmissionCore::done() {
    if (lanes_.empty() || running_ > limits_.running) {
        --running_;
        return std::nullopt;
    }
    Lane& lane = lanes_.front();
    const Ticket next = lane.tickets.front();
    lane.tickets.pop_front();
    --waiting_;
    if (lane.tickets.empty()) {
        lanes_.pop_front();
    } else {
        lanes_.splice(lanes_.end(), lanes_, lanes_.begin());
    }
    return next;
}

bool AdmissionCore::leave(Ticket ticket) {
    for (auto lane = lanes_.begin(); lane != lanes_.end(); ++lane) {
        const auto place = std::find(lane->tickets.begin(), lane->tickets.end(), ticket);
        if (place == lane->tickets.end()) continue;
        lane->tickets.erase(place);
        if (lane->tickets.empty()) lanes_.erase(lane);
        --waiting_;
        return true;
    }
    return false;
}

}  // namespace query
