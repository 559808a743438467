#include "app/process_settings.hpp"

namespace app {

base::SettingsTable settings_table(ProcessSettings& s) {
    base::SettingsTable table{"Process"};
    table
        .choice("LOG_LEVEL", s.log_level, {"trace", "debug", "info", "warn", "error", "off"},
                "What is logged to stderr.")
        .choice("LOG_FORMAT", s.log_format, {"text", "json"}, "Form of a log line.")
        .text("AUDIT_FILE", s.audit_file, "File for one JSON line a call and a refusal. Empty: no audit.")
        .secret_list(
            "STATE_KEYS", s.state_keys,
            "Keys (16 characters or more, comma separated) that seal session ids and cursors; the same on every "
            "replica. The first seals, all open. Unset: made at start, good for this process only.")
        .integer("MAX_MEMORY_MB", s.max_memory_mb, 64, 1 << 20, "MB", "Budget for results, buffers and caches.")
        .seconds("DRAIN_DELAY_SECONDS", s.drain_delay, 0, 3600,
                 "After SIGTERM: how long /ready fails while the listener stays open (0 on stdio).")
        .seconds("SHUTDOWN_GRACE_SECONDS", s.shutdown_grace, 0, 3600,
                 "After that: how long work in flight may take before it is cancelled.");
    return table;
}

}  // namespace app
