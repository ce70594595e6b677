//! The command `accuracy`.

use super::*;

const COLUMNS: &str = "--host-column series --ds-column ts --value-column y --resource requests";

#[test]
fn contenders_are_measured_on_a_known_future() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    let printed = desk.ok(&format!(
        "accuracy {file} {COLUMNS} --origins 4 --out scores.csv"
    ));
    for contender in [
        "prophet_default",
        "prophet",
        "challenger",
        "winner",
        "blend",
        "seasonal_naive",
        "mstl_ets",
    ] {
        assert!(
            printed.contains(&format!("\u{2502} {contender} ")),
            "{printed}"
        );
    }
    let scores = std::fs::read_to_string(desk.path("scores.csv")).unwrap();
    // Five series, four origins, seven contenders and seven margins.
    assert_eq!(scores.lines().count(), 1 + 5 * 4 * 14);
}

#[test]
fn what_is_forecast_does_not_depend_on_what_comes_after() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    let altered = desk.path("altered.parquet");
    Connection::open_in_memory()
        .unwrap()
        .execute_batch(&format!(
            "COPY (SELECT series, ts, if(ts > DATE '2019-10-05', 3 * y + 1000, y) AS y FROM '{file}')
             TO '{}' (FORMAT parquet)",
            altered.display()
        ))
        .unwrap();
    // A forecast that is not touched moves by nothing, so its bias moves by what was added.
    let bias = |file: &str| -> Vec<String> {
        desk.ok(&format!(
            "accuracy {file} {COLUMNS} --origins 1 --out scores.csv"
        ));
        let connection = Connection::open_in_memory().unwrap();
        let mut statement = connection
            .prepare(&format!(
                "SELECT format('{{}} {{}} {{:.6f}}', s.host, s.model, s.bias - p.bias)
                 FROM '{0}' AS s JOIN '{0}' AS p ON p.host = s.host AND p.model = 'prophet'
                 ORDER BY ALL",
                desk.path("scores.csv").display()
            ))
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let (as_it_was, as_it_might_be) = (bias(&file), bias(altered.to_str().unwrap()));
    assert_eq!(as_it_was.len(), 5 * 14);
    assert_eq!(as_it_was, as_it_might_be);
}

/// Windows shorter than a year, where seasonal naive is last week's values over again.
const SHORT: &str = "--train-months 8 --backtest-months 3 --origins 3 --step-days 200";

/// Writes the rows of a query over files to another file.
#[track_caller]
fn write_file(select: &str, path: &Path) {
    Connection::open_in_memory()
        .unwrap()
        .execute_batch(&format!("COPY ({select}) TO '{}'", path.display()))
        .unwrap();
}

/// Writes what a peer would that repeats the last week of what it sees, with bounds 5 off.
fn repeat_last_week(desk: &Desk, of: &str, to: &str) {
    write_file(
        &format!(
            "SELECT host, resource, origin, origin + h::INTEGER AS ds, y AS yhat,
                 y - 5 AS yhat_lower, y + 5 AS yhat_upper
             FROM '{}', range(1, 181) AS days(h)
             WHERE ds = origin - 6 + ((h - 1) % 7)::INTEGER",
            desk.path(of).display()
        ),
        &desk.path(to),
    );
}

#[test]
fn a_peer_that_forecasts_the_same_has_the_same_scores() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    desk.ok(&format!(
        "accuracy {file} {COLUMNS} {SHORT} --write-origins origins.parquet"
    ));
    repeat_last_week(&desk, "origins.parquet", "copy.parquet");
    write_file(
        &format!(
            "SELECT * EXCLUDE (yhat_lower, yhat_upper) FROM '{}' WHERE host LIKE '%1%'",
            desk.path("copy.parquet").display()
        ),
        &desk.path("part.parquet"),
    );
    let printed = desk.ok(&format!(
        "accuracy {file} {COLUMNS} {SHORT} --out scores.parquet --peer copy=copy.parquet \
         --peer part=part.parquet"
    ));
    assert!(
        printed.contains("copy covers 15 of 15 forecasts"),
        "{printed}"
    );
    assert!(
        printed.contains("part covers 3 of 15 forecasts"),
        "{printed}"
    );
    desk.sql(
        "scores.duckdb",
        &format!(
            "CREATE TABLE scores AS FROM '{}'",
            desk.path("scores.parquet").display()
        ),
    );
    let same = desk.query(
        "scores.duckdb",
        "SELECT format('{} {} {}', p.model, count(*), count(p.coverage_80))
         FROM scores AS p JOIN scores AS n USING (host, resource, as_of)
         WHERE p.model IN ('copy', 'part') AND n.model = 'seasonal_naive'
             AND p.mape = n.mape AND p.wape = n.wape AND p.mase = n.mase AND p.bias = n.bias
         GROUP BY p.model ORDER BY ALL",
    );
    assert_eq!(same, ["copy 15 15", "part 3 0"]);
    // In the table, too: a row that differs by its name alone, up to where intervals begin.
    let row = |name: &str| -> Vec<String> {
        let row = printed
            .lines()
            .find(|line| line.contains(&format!(" {name} ")));
        let cells = row.unwrap().split(['\u{2502}', '\u{2506}']);
        cells.skip(2).take(7).map(str::to_owned).collect()
    };
    assert_eq!(row("copy"), row("seasonal_naive"));
}

#[test]
fn what_is_written_for_peers_does_not_depend_on_what_comes_after() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    let altered = desk.path("altered.parquet");
    // The one origin is 2019-10-05; its window begins on 2016-10-06.
    let write_altered = |from: &str| {
        write_file(
            &format!(
                "SELECT series, ts, if(ts >= DATE '{from}', 3 * y + 1000, y) AS y FROM '{file}'"
            ),
            &altered,
        );
    };
    let written = |file: &str| -> Vec<String> {
        desk.ok(&format!(
            "accuracy {file} {COLUMNS} --origins 1 --write-origins origins.csv"
        ));
        let text = std::fs::read_to_string(desk.path("origins.csv")).unwrap();
        text.lines().map(str::to_owned).collect()
    };
    let as_it_was = written(&file);
    assert_eq!(as_it_was[0], "host,resource,origin,ds,y");
    assert_eq!(as_it_was.len(), 1 + 5 * 1095);
    let last = as_it_was
        .iter()
        .filter(|line| line.contains(",2019-10-05,2019-10-05,"));
    assert_eq!(last.count(), 5, "the last day known is the origin");
    write_altered("2019-10-06");
    assert_eq!(written(altered.to_str().unwrap()), as_it_was);
    write_altered("2019-10-05");
    assert_ne!(written(altered.to_str().unwrap()), as_it_was);
}

#[test]
fn peers_that_cannot_be_compared_are_refused() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    desk.ok(&format!(
        "accuracy {file} {COLUMNS} {SHORT} --write-origins origins.parquet"
    ));
    repeat_last_week(&desk, "origins.parquet", "good.parquet");
    let good = desk.path("good.parquet");
    let refused = |select: &str, expected: &str| {
        write_file(
            &select.replace("good", &format!("'{}'", good.display())),
            &desk.path("bad.parquet"),
        );
        desk.fails(
            &format!("accuracy {file} {COLUMNS} {SHORT} --peer bad=bad.parquet"),
            expected,
        );
    };
    let day = "host LIKE '%1%' AND ds = '2019-04-01'";
    refused(
        "SELECT * EXCLUDE (origin) FROM good",
        "no column `origin`, only host",
    );
    refused(
        "SELECT * EXCLUDE (yhat_upper) FROM good",
        "no column `yhat_upper`",
    );
    refused(
        &format!("SELECT * REPLACE (if({day}, 'NaN', yhat) AS yhat) FROM good"),
        "yhat is no finite number in 1 rows",
    );
    refused(
        &format!("SELECT * REPLACE (if({day}, NULL, yhat_lower) AS yhat_lower) FROM good"),
        "yhat_lower or yhat_upper is no finite number in 1 rows",
    );
    refused(
        &format!("SELECT * REPLACE (if({day}, yhat + 9, yhat_lower) AS yhat_lower) FROM good"),
        "yhat_lower is above yhat_upper in 1 rows",
    );
    refused(
        &format!("FROM good UNION ALL FROM good WHERE {day}"),
        "1 days stand there more than once",
    );
    refused(
        "SELECT * REPLACE ('soon' AS ds) FROM good",
        "have no day in origin or ds",
    );
    refused(
        "SELECT * REPLACE (NULL AS host) FROM good",
        "have no host or no resource",
    );
    refused(
        "SELECT * REPLACE (origin - 1 AS origin, ds - 1 AS ds) FROM good",
        "all 180 days after 2019-10-04, 2019-03-18, 2018-08-30, but the origins here are 2019-10-05",
    );
    refused(
        "SELECT * REPLACE ('cpu' AS resource) FROM good",
        "all 180 days after no origin",
    );
    refused(
        "FROM good WHERE ds < origin + 180",
        "all 180 days after no origin",
    );
    for name in ["winner", "margin_10"] {
        desk.fails(
            &format!("accuracy {file} {COLUMNS} {SHORT} --peer {name}=good.parquet"),
            &format!("there is a contender {name} already"),
        );
    }
    desk.fails(
        &format!("accuracy {file} {COLUMNS} {SHORT} --peer a=good.parquet --peer a=good.parquet"),
        "there is a contender a already",
    );
    desk.fails(
        &format!("accuracy {file} {COLUMNS} {SHORT} --peer a=none.parquet"),
        "no such file",
    );
}

#[test]
fn what_cannot_be_measured_is_said() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    desk.fails(
        &format!("accuracy {file} {COLUMNS} --train-months 90"),
        "too short for one history window",
    );
    desk.fails(
        &format!("accuracy {file} {COLUMNS} --origins 1 --out scores.xlsx"),
        "end it in .parquet, .csv or .json",
    );
}

#[test]
fn outlooks_are_measured_against_what_became_full() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    let printed = desk.ok(&format!(
        "accuracy {file} {COLUMNS} --origins 4 --outlook --out answers.parquet"
    ));
    for method in [
        "outlook, 1 in 10",
        "forecast's line",
        "last year again",
        "line of 90 days",
        "always the base rate",
        "last year + 20 %",
        "within 30 days",
    ] {
        assert!(
            printed.contains(&format!("\u{2502} {method} ")),
            "{printed}"
        );
    }
    let rows = |sql: &str| -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        connection
            .execute_batch(&format!(
                "CREATE VIEW answers AS FROM '{}'; CREATE VIEW seen AS FROM '{file}'",
                desk.path("answers.parquet").display()
            ))
            .unwrap();
        let mut statement = connection.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    // Recomputed from the file itself: thresholds by the last year, and the day that a sustained crossing began.
    let wrong = rows(
        "WITH full_days AS (
             SELECT a.host, a.as_of, a.question, s.ts::DATE - a.as_of AS day
             FROM answers AS a JOIN seen AS s ON s.series = a.host AND s.y >= a.threshold
             WHERE s.ts::DATE - a.as_of BETWEEN 1 AND 180
         ),
         began AS (
             SELECT host, as_of, question, min(day) AS first_day
             FROM full_days AS d
             WHERE 3 <= (SELECT count(*) FROM full_days AS e
                         WHERE (e.host, e.as_of, e.question) = (d.host, d.as_of, d.question)
                         AND e.day BETWEEN d.day AND d.day + 6)
             GROUP BY ALL
         )
         SELECT concat_ws(' ', host, as_of, question)
         FROM answers LEFT JOIN began USING (host, as_of, question)
         WHERE full_after IS DISTINCT FROM first_day",
    );
    assert_eq!(wrong, Vec::<String>::new());
    let wrong = rows(
        "WITH high AS (
             SELECT a.host, a.as_of, a.question, any_value(a.threshold) AS threshold,
                 quantile_cont(s.y, 0.95) * (1 + regexp_extract(any_value(question), '[0-9]+')::INTEGER / 100) AS expected
             FROM answers AS a JOIN seen AS s
                 ON s.series = a.host AND s.ts::DATE BETWEEN a.as_of - 364 AND a.as_of
             GROUP BY ALL
         )
         SELECT concat_ws(' ', host, as_of, question) FROM high WHERE abs(threshold / expected - 1) > 1e-12",
    );
    assert_eq!(wrong, Vec::<String>::new());
    let summed = rows(
        "SELECT format('{} {} {}', count(*) > 50, max(p_full) <= 1 AND min(p_full) >= 0,
             bool_and(p_full_30 <= p_full_60 AND p_full_60 <= p_full_90 AND p_full_90 <= p_full))
         FROM answers",
    );
    assert_eq!(summed, ["true true true"]);
}

#[test]
fn outlooks_do_not_depend_on_what_comes_after() {
    let desk = Desk::new();
    let file = fixture("appserver_requests_daily.parquet");
    let altered = desk.path("altered.parquet");
    write_file(
        &format!(
            "SELECT series, ts, if(ts > DATE '2019-10-05', 3 * y + 1000, y) AS y FROM '{file}'"
        ),
        &altered,
    );
    let said = |file: &str, answers: &str| -> Vec<String> {
        desk.ok(&format!(
            "accuracy {file} {COLUMNS} --origins 1 --outlook --out {answers}"
        ));
        let connection = Connection::open_in_memory().unwrap();
        let mut statement = connection
            .prepare(&format!(
                "SELECT (a)::VARCHAR FROM (SELECT * EXCLUDE (full_after) FROM '{}' ORDER BY ALL) AS a",
                desk.path(answers).display()
            ))
            .unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let as_it_was = said(&file, "was.parquet");
    assert!(as_it_was.len() > 10);
    assert_eq!(
        as_it_was,
        said(altered.to_str().unwrap(), "might_be.parquet")
    );
}

#[test]
fn behaviours_of_a_demo_fleet_are_measured_by_the_age_of_their_breaks() {
    let desk = Desk::new();
    let printed = desk.ok(
        "accuracy --by-behaviour --hosts 14 --seed 5 --origins 3 --step-days 150 --out scores.parquet",
    );
    for heading in ["step_change", "365 and more", "steady", "resized"] {
        assert!(printed.contains(heading), "{heading}: {printed}");
    }
    let scores = |query: &str| -> Vec<String> {
        let connection = Connection::open_in_memory().unwrap();
        let file = desk.path("scores.parquet");
        let sql = query.replace("scores", &format!("'{}'", file.display()));
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let models = scores("SELECT DISTINCT model FROM scores ORDER BY model");
    assert_eq!(models, ["prophet_default", "winner", "winner_off"]);
    let origins = scores("SELECT count(DISTINCT as_of)::VARCHAR FROM scores");
    assert_eq!(origins, ["3"]);

    // What is printed is what the scores and the fleet's labels come to.
    let labels = "SELECT behaviour FROM demo_labels WHERE defect IS NULL AND behaviour = 'steady'";
    desk.ok("demo --hosts 14 --seed 5 --months 53 --db labels.duckdb");
    let steady = desk.query("labels.duckdb", labels).len() * 3;
    let row = printed
        .lines()
        .find(|line| line.contains("steady"))
        .unwrap();
    let cells: Vec<&str> = row.split(['\u{2502}', '\u{2506}']).map(str::trim).collect();
    assert_eq!(cells[2], steady.to_string(), "{row}");

    for wrong in ["some.csv --by-behaviour", "some.csv --hosts 3", ""] {
        let status = desk.run(&format!("accuracy {wrong}")).status;
        assert_eq!(status.code(), Some(2), "{wrong}");
    }
}
