//! What the documentation tells people to type, typed.
#![expect(clippy::unwrap_used, reason = "in a test, a panic is a failed test")]

use std::path::{Path, PathBuf};
use std::process::Command;

use duckdb::Connection;

/// A fenced block: what stands behind the fence, and its text.
struct Block {
    info: String,
    text: String,
}

fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn blocks(page: &str) -> Vec<Block> {
    let text = std::fs::read_to_string(repository().join("docs").join(page)).unwrap();
    let mut parts = text.split("```");
    parts.next();
    let mut blocks = Vec::new();
    while let (Some(block), Some(_)) = (parts.next(), parts.next()) {
        let (info, text) = block.split_once('\n').unwrap();
        blocks.push(Block {
            info: info.to_owned(),
            text: text.to_owned(),
        });
    }
    blocks
}

/// Does what the page says, in an empty directory that has the repository's `fixtures`; returns how
/// many commands that were.
#[track_caller]
fn follow(page: &str, dir: &Path) -> usize {
    let mut commands = 0;
    for Block { info, text } in blocks(page) {
        let file = info.strip_prefix("csv ").or(info.strip_prefix("json "));
        if let Some(file) = file {
            std::fs::write(dir.join(file), text).unwrap();
        } else if info == "sh" {
            for line in text.lines() {
                let arguments = line.strip_prefix("cargo xtask ").unwrap();
                let arguments = arguments.replace(
                    "fixtures/",
                    &format!("{}/", repository().join("fixtures").display()),
                );
                run(&arguments, dir);
                commands += 1;
            }
        }
    }
    commands
}

/// The words of a line as a shell takes them: between blanks, or between single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (place, part) in line.split('\'').enumerate() {
        if place % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// Runs a command that must work, and returns what it printed.
#[track_caller]
fn run(arguments: &str, dir: &Path) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_xtask"))
        .args(words(arguments))
        .current_dir(dir)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn the_tour_can_be_taken_and_its_recipes_cooked() {
    let dir = tempfile::tempdir().unwrap();
    assert!(follow("tour.md", dir.path()) >= 10);
    assert!(dir.path().join("report.html").exists());

    let connection = Connection::open(dir.path().join("fleet.duckdb")).unwrap();
    let recipes = blocks("sql-recipes.md");
    assert!(recipes.len() >= 9);
    for recipe in recipes {
        assert_eq!(recipe.info, "sql");
        let query = recipe.text.trim().trim_end_matches(';');
        let counted = connection.query_row(&format!("SELECT count(*) FROM ({query})"), [], |row| {
            row.get(0)
        });
        let rows: i64 = counted.unwrap_or_else(|error| panic!("{query}: {error}"));
        assert!(rows > 0, "nothing comes of {query}");
    }
}

#[test]
fn your_own_data_is_imported_as_the_page_says() {
    let dir = tempfile::tempdir().unwrap();
    assert!(follow("your-own-data.md", dir.path()) >= 20);
    let limits: String = Connection::open(dir.path().join("mine.duckdb"))
        .unwrap()
        .query_row(
            "SELECT string_agg(host || ' ' || threshold, ', ' ORDER BY host) FROM effective_limits
             WHERE host IN ('node-1:9100', 'web-01', 'web-02') AND resource = 'cpu'",
            [],
            |row| row.get(0),
        )
        .unwrap();
    assert_eq!(limits, "node-1:9100 85.0, web-01 60.0, web-02 85.0");

    let tables = blocks("your-own-data.md")
        .into_iter()
        .find(|block| block.info == "sql")
        .unwrap();
    Connection::open(dir.path().join("own.duckdb"))
        .unwrap()
        .execute_batch(&tables.text)
        .unwrap();
    run("run-all --quiet --db own.duckdb", dir.path());
}

/// What a command prints, or a query comes to, in the place of every `text` block behind it.
fn answered(page: &str, dir: &Path) -> (String, usize) {
    let mut parts = page.split("```");
    let mut answered = parts.next().unwrap().to_owned();
    let (mut answer, mut answers) = (String::new(), 0);
    while let (Some(block), Some(prose)) = (parts.next(), parts.next()) {
        let (info, text) = block.split_once('\n').unwrap();
        let file = info.strip_prefix("csv ");
        let mut text = text.to_owned();
        match info {
            "sh" => {
                let commands = text
                    .lines()
                    .map(|line| line.strip_prefix("cargo xtask ").unwrap());
                answer = commands.map(|arguments| run(arguments, dir)).collect();
            }
            "sql" => answer = rows_of(text.trim().trim_end_matches(';'), &dir.join("fleet.duckdb")),
            "text" => {
                text = format!("{}\n", answer.trim_end());
                answers += 1;
            }
            _ => std::fs::write(dir.join(file.unwrap()), &text).unwrap(),
        }
        for part in ["```", info, "\n", &text, "```", prose] {
            answered.push_str(part);
        }
    }
    (answered, answers)
}

/// The rows of a query, under their names, in columns.
fn rows_of(query: &str, database: &Path) -> String {
    let connection = Connection::open(database).unwrap();
    let sql = format!("SELECT coalesce(COLUMNS(*)::VARCHAR, '') FROM ({query})");
    let mut statement = connection.prepare(&sql).unwrap();
    let mut rows = statement.query([]).unwrap();
    let mut table: Vec<Vec<String>> = Vec::new();
    while let Some(row) = rows.next().unwrap() {
        let names = row.as_ref().column_names();
        if table.is_empty() {
            table.push(names.clone());
        }
        let cells = (0..names.len()).map(|column| row.get(column).unwrap());
        table.push(cells.collect());
    }
    assert!(table.len() > 1, "nothing comes of {query}");
    let width = |column: usize| {
        table
            .iter()
            .map(|row| row[column].chars().count())
            .max()
            .unwrap()
    };
    let widths: Vec<usize> = (0..table[0].len()).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row
            .iter()
            .zip(&widths)
            .map(|(cell, &width)| format!("{cell:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned() + "\n"
    };
    table.iter().map(line).collect()
}

/// Holds every answer of the page against what is true now; `FLEETCAST_RENEW_ANSWERS=1` writes new ones into it instead.
#[test]
fn planners_questions_have_these_answers() {
    let dir = tempfile::tempdir().unwrap();
    let path = repository().join("docs").join("questions.md");
    let page = std::fs::read_to_string(&path).unwrap();
    let (answered, answers) = answered(&page, dir.path());
    if std::env::var_os("FLEETCAST_RENEW_ANSWERS").is_some() {
        std::fs::write(&path, &answered).unwrap();
        return;
    }
    assert!(answers >= 16, "{answers}");
    let questions = (1..).take_while(|number| page.contains(&format!("\n## {number}. ")));
    assert_eq!(questions.count(), 16);
    for (standing, now) in page.lines().zip(answered.lines()) {
        assert_eq!(
            standing, now,
            "docs/questions.md says something else than is true; FLEETCAST_RENEW_ANSWERS=1 renews it"
        );
    }
    assert_eq!(page, answered);
}

#[test]
fn pages_refer_to_pages_that_exist() {
    for entry in std::fs::read_dir(repository().join("docs")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "md") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        for link in text
            .split("](")
            .skip(1)
            .filter_map(|rest| rest.split(')').next())
        {
            let file = link.split('#').next().unwrap();
            let is_local = !file.is_empty() && !file.contains("://");
            assert!(
                !is_local || path.parent().unwrap().join(file).exists(),
                "{}: {link}",
                path.display()
            );
        }
    }
}

mod house {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    /// What each package of the workspace uses of the others, tests aside.
    fn uses() -> BTreeMap<String, BTreeSet<String>> {
        let output = Command::new(env!("CARGO"))
            .args([
                "metadata",
                "--no-deps",
                "--format-version",
                "1",
                "--offline",
            ])
            .current_dir(repository())
            .output()
            .unwrap();
        let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        let packages = metadata["packages"].as_array().unwrap();
        let name = |value: &serde_json::Value| value["name"].as_str().unwrap().to_owned();
        let known: BTreeSet<String> = packages.iter().map(name).collect();
        let used = |package: &serde_json::Value| {
            let all = package["dependencies"].as_array().unwrap();
            let normal = all.iter().filter(|used| used["kind"].is_null());
            normal
                .map(name)
                .filter(|used| known.contains(used))
                .collect()
        };
        packages
            .iter()
            .map(|package| (name(package), used(package)))
            .collect()
    }

    /// Whether `from` leads to `to` by way of others.
    fn follows(uses: &BTreeMap<String, BTreeSet<String>>, from: &str, to: &str) -> bool {
        let by_way_of =
            |step: &String| step != to && (uses[step].contains(to) || follows(uses, step, to));
        uses[from].iter().any(by_way_of)
    }

    fn drawing() -> String {
        let uses = uses();
        let mut lines = vec!["flowchart BT".to_owned()];
        for (package, used) in &uses {
            let short = |name: &str| name.trim_start_matches("fleetcast-").to_owned();
            let direct = used.iter().filter(|used| !follows(&uses, package, used));
            let direct: Vec<String> = direct.map(|used| short(used)).collect();
            if direct.is_empty() {
                lines.push(format!("    {}", short(package)));
            } else {
                lines.push(format!("    {} --> {}", short(package), direct.join(" & ")));
            }
        }
        lines.join("\n") + "\n"
    }

    #[test]
    fn the_drawing_of_the_house_is_what_cargo_says() {
        let mut blocks = blocks("architecture.md").into_iter();
        let drawn = blocks.rfind(|block| block.info == "mermaid").unwrap();
        let drawing = drawing();
        assert_eq!(
            drawn.text, drawing,
            "put this into docs/architecture.md:\n{drawing}"
        );
    }

    /// What has no database stays without one, and the stage crates know only what they stand on.
    #[test]
    fn numerics_know_no_database_and_stages_do_not_know_each_other() {
        let uses = uses();
        let reaches = |from: &str, to: &str| uses[from].contains(to) || follows(&uses, from, to);
        for package in [
            "fleetcast",
            "fleetcast-judge",
            "fleetcast-writer",
            "fleetcast-outlook",
        ] {
            for database in ["fleetcast-store", "fleetcast-pipeline"] {
                assert!(!reaches(package, database), "{package} reaches {database}");
            }
        }
        let stages = ["regimes", "prophet", "ets", "judge", "writer", "outlook"]
            .map(|stage| format!("fleetcast-{stage}"));
        for stage in &stages {
            for other in stages.iter().filter(|other| *other != stage) {
                assert!(!uses[stage].contains(other), "{stage} uses {other}");
            }
        }
    }

    /// The crates a build compiles, each with its features.
    fn compiled(what: &[&str]) -> BTreeSet<String> {
        let output = Command::new(env!("CARGO"))
            .args([
                "tree",
                "--prefix",
                "none",
                "--format",
                "{p} {f}",
                "--offline",
            ])
            .args(what)
            .current_dir(repository())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let crates = text.lines().map(|line| line.trim_end_matches(" (*)"));
        crates
            .filter(|line| !line.is_empty())
            .map(str::to_owned)
            .collect()
    }

    /// `cargo test --workspace` after `cargo xtask` compiles nothing anew: what the program is made of has the
    /// same features in both.
    #[test]
    fn the_programs_crates_are_compiled_once() {
        let program = compiled(&["--package", "xtask", "--edges", "normal,build"]);
        let tests = compiled(&["--workspace", "--edges", "normal,build,dev"]);
        let twice: Vec<&String> = program.difference(&tests).collect();
        assert!(program.len() > 100 && twice.is_empty(), "{twice:#?}");
    }
}
