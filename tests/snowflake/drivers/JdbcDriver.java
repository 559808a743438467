// Snowflake's JDBC driver behind the job of README.md. Run as a single source file with the driver's jar on the class path;
// JSON is read and written by the copy of Jackson inside that jar.

import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Calendar;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.TimeZone;
import java.util.Timer;
import java.util.TimerTask;
import net.snowflake.client.api.statement.SnowflakeStatement;
import net.snowflake.client.jdbc.internal.fasterxml.jackson.databind.JsonNode;
import net.snowflake.client.jdbc.internal.fasterxml.jackson.databind.ObjectMapper;

public class JdbcDriver {
  static final Calendar UTC = Calendar.getInstance(TimeZone.getTimeZone("UTC"));

  static String iso(LocalDateTime time) {
    return String.format(Locale.ROOT, "%04d-%02d-%02dT%s", time.getYear(), time.getMonthValue(), time.getDayOfMonth(), clock(time.toLocalTime()));
  }

  static String clock(LocalTime time) {
    String text = String.format(Locale.ROOT, "%02d:%02d:%02d", time.getHour(), time.getMinute(), time.getSecond());
    return time.getNano() == 0 ? text : text + String.format(Locale.ROOT, ".%09d", time.getNano()).replaceAll("0+$", "");
  }

  static String cell(ResultSet rows, int place, String type) throws SQLException {
    if (rows.getObject(place) == null) {
      return null;
    }
    switch (type) {
      case "NUMBER", "DECFLOAT": {
        BigDecimal number = rows.getBigDecimal(place);
        return number == null ? rows.getString(place) : number.toString();
      }
      case "DOUBLE":
        return Double.toString(rows.getDouble(place));
      case "BOOLEAN":
        return Boolean.toString(rows.getBoolean(place));
      case "BINARY":
        return HexFormat.of().withUpperCase().formatHex(rows.getBytes(place));
      case "TIME":
        return clock(LocalTime.parse(rows.getString(place)));
      case "DATE":
        return rows.getString(place);
      case "TIMESTAMPNTZ":
        return iso(LocalDateTime.ofInstant(rows.getTimestamp(place, UTC).toInstant(), ZoneOffset.UTC));
      case "TIMESTAMPLTZ", "TIMESTAMPTZ": {
        Instant instant = rows.getTimestamp(place).toInstant();
        return iso(LocalDateTime.ofInstant(instant, ZoneOffset.UTC)) + "Z";
      }
      default:
        return rows.getString(place);
    }
  }

  static List<List<String>> read(ResultSet rows) throws SQLException {
    List<List<String>> found = new ArrayList<>();
    int columns = rows.getMetaData().getColumnCount();
    while (rows.next()) {
      List<String> row = new ArrayList<>();
      for (int place = 1; place <= columns; place++) {
        row.add(cell(rows, place, rows.getMetaData().getColumnTypeName(place)));
      }
      found.add(row);
    }
    return found;
  }

  static Map<String, Object> multi(Statement statement, JsonNode step) throws SQLException {
    statement.unwrap(SnowflakeStatement.class).setParameter("MULTI_STATEMENT_COUNT", step.get("count").asInt());
    List<Object> results = new ArrayList<>();
    boolean rows = statement.execute(step.get("multi").asText());
    while (rows || statement.getUpdateCount() != -1) {
      results.add(rows ? read(statement.getResultSet()) : List.of(List.of(Integer.toString(statement.getUpdateCount()))));
      rows = statement.getMoreResults();
    }
    return Map.of("results", results);
  }

  static Map<String, Object> run(Connection connection, JsonNode step) throws SQLException {
    if (step.has("bind")) {
      try (PreparedStatement statement = connection.prepareStatement(step.get("bind").asText())) {
        int place = 1;
        for (JsonNode value : step.get("values")) {
          statement.setString(place++, value.asText());
        }
        return Map.of("rows", read(statement.executeQuery()));
      }
    }
    try (Statement statement = connection.createStatement()) {
      if (step.has("multi")) {
        return multi(statement, step);
      }
      if (step.has("async")) {
        ResultSet rows = statement.unwrap(SnowflakeStatement.class).executeAsyncQuery(step.get("async").asText());
        return Map.of("rows", read(rows));
      }
      if (step.has("cancel")) {
        new Timer(true).schedule(new TimerTask() {
          @Override
          public void run() {
            try {
              statement.cancel();
            } catch (SQLException error) {
              System.err.println(error);
            }
          }
        }, (long) (step.get("after").asDouble() * 1000));
        return Map.of("rows", read(statement.executeQuery(step.get("cancel").asText())));
      }
      List<List<String>> rows = read(statement.executeQuery(step.get("query").asText()));
      if (step.path("count_only").asBoolean()) {
        return Map.of("count", rows.size(), "last", rows.get(rows.size() - 1));
      }
      return Map.of("rows", rows);
    }
  }

  public static void main(String[] args) throws Exception {
    ObjectMapper json = new ObjectMapper();
    JsonNode job = json.readTree(System.in.readAllBytes());
    Properties properties = new Properties();
    properties.put("user", job.get("user").asText());
    properties.put("account", job.get("account").asText());
    properties.put("db", "SALES");
    properties.put("schema", "PUBLIC");
    properties.put("warehouse", "COMPUTE_WH");
    properties.put("ssl", "off");
    properties.put("tracing", "OFF");
    properties.put("disableOCSPChecks", "true");
    if (job.hasNonNull("private_key")) {
      properties.put("authenticator", "SNOWFLAKE_JWT");
      properties.put("private_key_file", job.get("private_key").asText());
    } else {
      properties.put("password", job.get("password").asText());
    }
    job.path("parameters").fields().forEachRemaining(one -> properties.put(one.getKey(), one.getValue().asText()));
    String url = "jdbc:snowflake://" + job.get("host").asText() + ":" + job.get("port").asInt() + "/";
    List<Object> answers = new ArrayList<>();
    String version;
    try (Connection connection = DriverManager.getConnection(url, properties)) {
      version = connection.getMetaData().getDriverVersion();
      try (Statement statement = connection.createStatement()) {
        statement.execute("ALTER SESSION SET TIME_OUTPUT_FORMAT = 'HH24:MI:SS.FF9'");
      }
      for (JsonNode step : job.get("steps")) {
        try {
          answers.add(run(connection, step));
        } catch (SQLException error) {
          answers.add(Map.of("error", Map.of("code", Integer.toString(error.getErrorCode()), "message", String.valueOf(error.getMessage()))));
        }
      }
    }
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("driver", "jdbc");
    all.put("version", version);
    all.put("answers", answers);
    System.out.println(json.writeValueAsString(all));
    System.exit(0);
  }
}
