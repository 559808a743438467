#include "query/admission_core.hpp"

#include <algorithm>

namespace query {

namespace {

constexpr int pace_weight = 16;  // of what was, against one of what is

}  // namespace

void AdmissionCore::Ring::push(std::string_view principal, Ticket ticket) {
    auto lane = std::find_if(lanes.begin(), lanes.end(), [&](const Lane& one) { return one.principal == principal; });
    if (lane == lanes.end()) lane = lanes.insert(lanes.end(), Lane{std::string{principal}, {}});
    lane->tickets.push_back(ticket);
    ++waiting;
}

AdmissionCore::Ticket AdmissionCore::Ring::pop() {
    Lane& lane = lanes.front();
    const Ticket next = lane.tickets.front();
    lane.tickets.pop_front();
    --waiting;
    if (lane.tickets.empty()) {
        lanes.pop_front();
    } else {
        lanes.splice(lanes.end(), lanes, lanes.begin());
    }
    return next;
}

bool AdmissionCore::Ring::leave(Ticket ticket) {
    for (auto lane = lanes.begin(); lane != lanes.end(); ++lane) {
        const auto place = std::find(lane->tickets.begin(), lane->tickets.end(), ticket);
        if (place == lane->tickets.end()) continue;
        lane->tickets.erase(place);
        if (lane->tickets.empty()) lanes.erase(lane);
        --waiting;
        return true;
    }
    return false;
}

std::size_t AdmissionCore::Ring::ahead_of(std::string_view principal) const {
    std::size_t own = 0;
    for (const Lane& lane : lanes) {
        if (lane.principal == principal) own = lane.tickets.size();
    }
    std::size_t ahead = own;
    for (const Lane& lane : lanes) {
        if (lane.principal != principal) ahead += std::min(lane.tickets.size(), own + 1);
    }
    return ahead;
}

AdmissionCore::Time AdmissionCore::expected_wait(const Asking& asking) const {
    auto ahead = quick_.ahead_of(asking.principal);
    if (asking.urgency == Urgency::normal) ahead = normal_.ahead_of(asking.principal) + quick_.waiting;
    return pace_ * static_cast<std::int64_t>(ahead + 1) /
           static_cast<std::int64_t>(std::max<std::size_t>(1, limits_.running));
}

AdmissionCore::Answer AdmissionCore::ask(const Asking& asking) {
    if (running_ < limits_.running && waiting() == 0) {
        ++running_;
        return {.verdict = Verdict::go};
    }
    const auto expected = expected_wait(asking);
    if (!asking.again) {
        if (waiting() >= limits_.waiting) return {.verdict = Verdict::full, .expected = expected};
        if (expected > asking.left) return {.verdict = Verdict::too_late, .expected = expected};
    }
    (asking.urgency == Urgency::quick ? quick_ : normal_).push(asking.principal, asking.ticket);
    return {.verdict = Verdict::wait, .expected = expected};
}

std::optional<AdmissionCore::Ticket> AdmissionCore::done(std::optional<Time> took) {
    if (took) pace_ = pace_ == Time{0} ? *took : (pace_ * (pace_weight - 1) + *took) / pace_weight;
    --running_;
    return next();
}

std::optional<AdmissionCore::Ticket> AdmissionCore::next() {
    if (running_ >= limits_.running || waiting() == 0) return std::nullopt;
    const bool quick = quick_.waiting > 0 && (normal_.waiting == 0 || quick_streak_ < quick_in_a_row);
    quick_streak_ = quick ? quick_streak_ + 1 : 0;
    ++running_;
    return (quick ? quick_ : normal_).pop();
}

bool AdmissionCore::leave(Ticket ticket) { return normal_.leave(ticket) || quick_.leave(ticket); }

}  // namespace query
