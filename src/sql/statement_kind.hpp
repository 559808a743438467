/// What a statement is, by its command, and which commands a server allows.
///
/// Place: the classifier answers kinds, `Policy` holds the allowed ones. Threads: values.
#pragma once

#include <bitset>
#include <cstdint>
#include <string_view>

#include "base/error.hpp"

namespace sql {

enum class StatementKind : std::uint8_t {
    unknown,  // no command that we know
    select,
    with_select,  // WITH … SELECT
    values,
    show,
    describe,
    explain,
    list,
    insert,
    update,
    delete_,
    merge,
    truncate,
    create,
    alter,
    drop,
    undrop,
    comment,
    grant,
    revoke,
    copy,
    put,
    get,
    remove,
    call,
    execute,              // EXECUTE TASK, EXECUTE ALERT, …
    execute_immediate,    // SQL in a string
    anonymous_procedure,  // WITH p AS PROCEDURE … CALL p()
    scripting,            // BEGIN … END, DECLARE, LET, IF, …
    use,
    set,
    unset,
    alter_session,
    begin,
    commit,
    rollback,
};
inline constexpr std::size_t statement_kinds = static_cast<std::size_t>(StatementKind::rollback) + 1;

/// As people write it: `SELECT`, `WITH ... SELECT`, `ALTER SESSION`.
std::string_view to_string(StatementKind kind);

/// Only reads, whatever it is given: what `allowed by default` may hold, and what the cache may keep.
bool is_read(StatementKind kind);

/// May an operator allow it at all? Not what changes a session (other clients share it), nor what runs SQL that could
/// not be judged.
bool may_be_allowed(StatementKind kind);

class CommandSet {
public:
    /// SELECT, WITH ... SELECT, VALUES, SHOW, DESCRIBE, EXPLAIN.
    static CommandSet reads();

    bool contains(StatementKind kind) const { return kinds_.test(static_cast<std::size_t>(kind)); }
    CommandSet& add(StatementKind kind) {
        kinds_.set(static_cast<std::size_t>(kind));
        return *this;
    }
    CommandSet& remove(StatementKind kind) {
        kinds_.reset(static_cast<std::size_t>(kind));
        return *this;
    }
    friend bool operator==(const CommandSet&, const CommandSet&) = default;

private:
    std::bitset<statement_kinds> kinds_;
};

/// Reads `ALLOWED_SQL_COMMANDS`: names parted by commas, in any case; DESC, LS, RM and `WITH` are understood.
/// Error `bad_argument` names what is unknown or may not be allowed.
base::Result<CommandSet> parse_commands(std::string_view text);

}  // namespace sql
