#include "query/batching/batch_core.hpp"

#include <algorithm>
#include <utility>

namespace query {

bool BatchCore::takes_more(const Batch& batch, base::TimePoint now) const {
    return batch.tickets.size() < limits_.size && now - batch.opened <= limits_.gather;
}

void BatchCore::join(base::TimePoint now, const std::string& kind, Ticket ticket) {
    const auto newest = newest_.find(kind);
    if (newest != newest_.end() && takes_more(*newest->second, now)) {
        newest->second->tickets.push_back(ticket);
        batch_of_.emplace(ticket, newest->second);
        return;
    }
    const auto opened = batches_.insert(batches_.end(), Batch{.kind = kind, .opened = now, .tickets = {ticket}});
    newest_.insert_or_assign(kind, opened);
    batch_of_.emplace(ticket, opened);
}

std::vector<BatchCore::Ticket> BatchCore::depart(Ticket ticket) {
    const auto found = batch_of_.find(ticket);
    if (found == batch_of_.end()) return {};
    const Place batch = found->second;
    auto tickets = std::move(batch->tickets);
    for (const Ticket one : tickets) batch_of_.erase(one);
    erase(batch);
    return tickets;
}

bool BatchCore::leave(Ticket ticket) {
    const auto found = batch_of_.find(ticket);
    if (found == batch_of_.end()) return false;
    const Place batch = found->second;
    batch_of_.erase(found);
    std::erase(batch->tickets, ticket);
    if (batch->tickets.empty()) erase(batch);
    return true;
}

void BatchCore::erase(Place batch) {
    const auto newest = newest_.find(batch->kind);
    if (newest != newest_.end() && newest->second == batch) newest_.erase(newest);
    batches_.erase(batch);
}

}  // namespace query
