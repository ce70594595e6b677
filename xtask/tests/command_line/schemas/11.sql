-- The tables of schema version 11, as they were made.

CREATE TABLE runs (
    run_id             BIGINT    NOT NULL PRIMARY KEY,
    started_at         TIMESTAMP NOT NULL,  -- UTC
    finished_at        TIMESTAMP,           -- UTC
    status             VARCHAR   NOT NULL CHECK (status IN ('running', 'complete', 'failed', 'interrupted')),
    as_of              DATE      NOT NULL,
    config             JSON      NOT NULL,
    data_fingerprint   VARCHAR   NOT NULL,
    fleetcast_version  VARCHAR   NOT NULL,
    series             BIGINT    NOT NULL,
    prophet_rows       BIGINT,
    prophet_seconds    DOUBLE,
    challenger_rows    BIGINT,
    challenger_seconds DOUBLE,
    judge_rows         BIGINT,
    judge_seconds      DOUBLE,
    write_rows         BIGINT,
    write_seconds      DOUBLE,
    prophet_reused     BIGINT,  -- series whose forecasts are those of an earlier run
    challenger_reused  BIGINT,
    reason             VARCHAR, -- why it failed, where the run itself decided so
    xgboost_rows       BIGINT,  -- where it stands beside the challenger
    xgboost_seconds    DOUBLE,
    xgboost_reused     BIGINT
);

CREATE TABLE prophet_forecasts (
    run_id     BIGINT  NOT NULL,
    host       VARCHAR NOT NULL,
    resource   VARCHAR NOT NULL,
    ds         DATE    NOT NULL,
    segment    VARCHAR NOT NULL CHECK (segment IN ('backtest', 'future')),
    yhat       DOUBLE  NOT NULL,
    yhat_lower DOUBLE  NOT NULL,
    yhat_upper DOUBLE  NOT NULL
);

CREATE TABLE prophet_inner_forecasts (
    run_id   BIGINT   NOT NULL,
    host     VARCHAR  NOT NULL,
    resource VARCHAR  NOT NULL,
    origin   DATE     NOT NULL,  -- the last day seen
    yhat     DOUBLE[] NOT NULL   -- of the days after it
);

CREATE TABLE prophet_inputs (
    run_id      BIGINT   NOT NULL,
    host        VARCHAR  NOT NULL,
    resource    VARCHAR  NOT NULL,
    fingerprint UBIGINT  NOT NULL, -- of its values, of the settings, of the version
    chosen_by   UBIGINT,           -- of those that a choice rests on, where one is kept from run to run
    choice      DOUBLE[]           -- what the engine chose by them
);

CREATE TABLE challenger_forecasts (
    run_id     BIGINT  NOT NULL,
    host       VARCHAR NOT NULL,
    resource   VARCHAR NOT NULL,
    ds         DATE    NOT NULL,
    segment    VARCHAR NOT NULL CHECK (segment IN ('backtest', 'future')),
    yhat       DOUBLE  NOT NULL,
    yhat_lower DOUBLE  NOT NULL,
    yhat_upper DOUBLE  NOT NULL
);

CREATE TABLE challenger_inner_forecasts (
    run_id   BIGINT   NOT NULL,
    host     VARCHAR  NOT NULL,
    resource VARCHAR  NOT NULL,
    origin   DATE     NOT NULL,  -- the last day seen
    yhat     DOUBLE[] NOT NULL   -- of the days after it
);

CREATE TABLE challenger_inputs (
    run_id      BIGINT   NOT NULL,
    host        VARCHAR  NOT NULL,
    resource    VARCHAR  NOT NULL,
    fingerprint UBIGINT  NOT NULL, -- of its values, of the settings, of the version
    chosen_by   UBIGINT,           -- of those that a choice rests on, where one is kept from run to run
    choice      DOUBLE[]           -- what the engine chose by them
);

CREATE TABLE xgboost_forecasts (
    run_id     BIGINT  NOT NULL,
    host       VARCHAR NOT NULL,
    resource   VARCHAR NOT NULL,
    ds         DATE    NOT NULL,
    segment    VARCHAR NOT NULL CHECK (segment IN ('backtest', 'future')),
    yhat       DOUBLE  NOT NULL,
    yhat_lower DOUBLE  NOT NULL,
    yhat_upper DOUBLE  NOT NULL
);

CREATE TABLE xgboost_inner_forecasts (
    run_id   BIGINT   NOT NULL,
    host     VARCHAR  NOT NULL,
    resource VARCHAR  NOT NULL,
    origin   DATE     NOT NULL,  -- the last day seen
    yhat     DOUBLE[] NOT NULL   -- of the days after it
);

CREATE TABLE xgboost_inputs (
    run_id      BIGINT   NOT NULL,
    host        VARCHAR  NOT NULL,
    resource    VARCHAR  NOT NULL,
    fingerprint UBIGINT  NOT NULL, -- of its values, of the settings, of the version
    chosen_by   UBIGINT,           -- of those that a choice rests on, where one is kept from run to run
    choice      DOUBLE[]           -- what the engine chose by them
);

CREATE TABLE models (
    run_id          BIGINT  NOT NULL,
    contender       VARCHAR NOT NULL,  -- whose place it has: challenger, or xgboost
    trained_through DATE    NOT NULL,
    engine          VARCHAR NOT NULL,
    library         VARCHAR NOT NULL,  -- and its version
    series          BIGINT  NOT NULL,  -- whose values it was trained on
    rows            BIGINT  NOT NULL,  -- that it was trained on
    fingerprint     VARCHAR NOT NULL,  -- of its bytes
    bytes           BLOB    NOT NULL,
    PRIMARY KEY (contender, trained_through)
);

CREATE TABLE backtest_scores (
    run_id       BIGINT  NOT NULL,
    host         VARCHAR NOT NULL,
    resource     VARCHAR NOT NULL,
    model        VARCHAR NOT NULL,
    origin       DATE    NOT NULL,
    horizon_days INTEGER NOT NULL,
    mape         DOUBLE,
    wape         DOUBLE,
    smape        DOUBLE,
    mase         DOUBLE,
    mae          DOUBLE,
    rmse         DOUBLE,
    bias         DOUBLE,
    coverage_80  DOUBLE,
    pinball      DOUBLE,
    n_scored     INTEGER NOT NULL,
    n_days       INTEGER NOT NULL,
    PRIMARY KEY (host, resource, model, origin)
);

CREATE TABLE model_leaderboard (
    run_id                 BIGINT  NOT NULL,
    host                   VARCHAR NOT NULL,
    resource               VARCHAR NOT NULL,
    winner                 VARCHAR NOT NULL,
    prophet_mape           DOUBLE,
    challenger_mape        DOUBLE,
    naive_mape             DOUBLE,
    blend_mape             DOUBLE,
    xgboost_mape           DOUBLE,
    prophet_wape           DOUBLE,
    challenger_wape        DOUBLE,
    naive_wape             DOUBLE,
    blend_wape             DOUBLE,
    xgboost_wape           DOUBLE,
    prophet_smape          DOUBLE,
    challenger_smape       DOUBLE,
    naive_smape            DOUBLE,
    blend_smape            DOUBLE,
    xgboost_smape          DOUBLE,
    prophet_mase           DOUBLE,
    challenger_mase        DOUBLE,
    naive_mase             DOUBLE,
    blend_mase             DOUBLE,
    xgboost_mase           DOUBLE,
    prophet_mae            DOUBLE,
    challenger_mae         DOUBLE,
    naive_mae              DOUBLE,
    blend_mae              DOUBLE,
    xgboost_mae            DOUBLE,
    prophet_rmse           DOUBLE,
    challenger_rmse        DOUBLE,
    naive_rmse             DOUBLE,
    blend_rmse             DOUBLE,
    xgboost_rmse           DOUBLE,
    prophet_bias           DOUBLE,
    challenger_bias        DOUBLE,
    naive_bias             DOUBLE,
    blend_bias             DOUBLE,
    xgboost_bias           DOUBLE,
    prophet_coverage_80    DOUBLE,
    challenger_coverage_80 DOUBLE,
    blend_coverage_80      DOUBLE,
    xgboost_coverage_80    DOUBLE,
    prophet_pinball        DOUBLE,
    challenger_pinball     DOUBLE,
    blend_pinball          DOUBLE,
    xgboost_pinball        DOUBLE,
    n_scored               INTEGER NOT NULL,
    decided_by             VARCHAR NOT NULL,
    incumbent              VARCHAR,           -- who won the last run
    golden                 VARCHAR NOT NULL,  -- whose forecast stands in `forecasts`
    weight_prophet         DOUBLE,            -- what the blend makes of each; together 1
    weight_challenger      DOUBLE,
    weight_naive_year      DOUBLE,
    weight_naive_week      DOUBLE,
    weight_xgboost         DOUBLE,            -- where it stands beside the challenger
    skill                  DOUBLE,            -- 1 - MAE/MAE of seasonal naive, of the golden model
    error_percent          DOUBLE,            -- its MAE over backtest and inner origins, of the level
    coverage_80            DOUBLE,            -- its calibrated interval, on the backtest
    trust                  VARCHAR NOT NULL CHECK (trust IN ('A', 'B', 'C', 'D')),
    reason                 VARCHAR NOT NULL,
    PRIMARY KEY (host, resource)
);

CREATE TABLE interval_calibration (
    run_id     BIGINT   NOT NULL,
    host       VARCHAR  NOT NULL,
    resource   VARCHAR  NOT NULL,
    model      VARCHAR  NOT NULL,
    error_days INTEGER  NOT NULL,  -- days whose errors these are
    source     VARCHAR  NOT NULL CHECK (source IN ('series', 'resource', 'fleet')),
    quantiles  DOUBLE[] NOT NULL,
    PRIMARY KEY (host, resource)
);

CREATE TABLE judge_forecasts (
    run_id   BIGINT  NOT NULL,
    host     VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    ds       DATE    NOT NULL,
    model    VARCHAR NOT NULL,
    yhat     DOUBLE  NOT NULL
);

CREATE TABLE forecasts (
    run_id          BIGINT  NOT NULL,
    host            VARCHAR NOT NULL,
    resource        VARCHAR NOT NULL,
    ds              DATE    NOT NULL,
    yhat            DOUBLE  NOT NULL,
    yhat_lower      DOUBLE  NOT NULL,  -- 80 %, or what --interval-level says
    yhat_upper      DOUBLE  NOT NULL,
    yhat_lower_95   DOUBLE  NOT NULL,
    yhat_upper_95   DOUBLE  NOT NULL,
    model           VARCHAR NOT NULL,
    trained_through DATE    NOT NULL,
    PRIMARY KEY (host, resource, ds)
);

CREATE TABLE forecasts_history (
    run_id          BIGINT  NOT NULL,
    host            VARCHAR NOT NULL,
    resource        VARCHAR NOT NULL,
    ds              DATE    NOT NULL,
    yhat            DOUBLE  NOT NULL,
    yhat_lower      DOUBLE  NOT NULL,
    yhat_upper      DOUBLE  NOT NULL,
    yhat_lower_95   DOUBLE  NOT NULL,
    yhat_upper_95   DOUBLE  NOT NULL,
    model           VARCHAR NOT NULL,
    trained_through DATE    NOT NULL
);

CREATE TABLE past_forecasts (
    run_id   BIGINT  NOT NULL,
    host     VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    model    VARCHAR NOT NULL,
    origin   DATE    NOT NULL,  -- the last day seen
    level    DOUBLE,            -- the 95 % quantile of the year before
    latest   FLOAT[] NOT NULL,  -- the values of the last days seen; -infinity where missing
    yhat     FLOAT[] NOT NULL,  -- of the days after it
    errors   FLOAT[] NOT NULL,  -- observed minus forecast
    settled  FLOAT[]            -- the same, had the level of the origin lasted; empty where those are the errors
);

CREATE TABLE outlook_calibration (
    run_id       BIGINT  NOT NULL,
    resource     VARCHAR NOT NULL,
    origin       DATE    NOT NULL,
    horizon_days INTEGER NOT NULL,
    p_from       DOUBLE  NOT NULL,
    p_to         DOUBLE  NOT NULL,
    p_mean       DOUBLE  NOT NULL,
    cases        INTEGER NOT NULL,
    came_true    INTEGER NOT NULL,
    PRIMARY KEY (resource, origin, horizon_days, p_from)
);

CREATE TABLE capacity_outlook (
    run_id           BIGINT  NOT NULL,
    host             VARCHAR NOT NULL,
    resource         VARCHAR NOT NULL,
    threshold        DOUBLE,
    capacity         DOUBLE,
    limits_from      VARCHAR NOT NULL,
    status           VARCHAR NOT NULL CHECK (status IN ('over', 'within', 'possible', 'not_within_horizon', 'no_limit')),
    p_full_30        DOUBLE,  -- probabilities of a sustained crossing, 0 to 1
    p_full_60        DOUBLE,
    p_full_90        DOUBLE,
    p_full           DOUBLE,  -- within the horizon
    full_on          DATE,    -- as likely as not by then
    full_on_earliest DATE,    -- 10 %
    full_on_latest   DATE,    -- 90 %
    line_full_on     DATE,    -- where the forecast's own line crosses
    days_left        INTEGER,
    since            DATE,
    growth           DOUBLE,  -- in 30 days
    demand_p50       DOUBLE,
    demand_p90       DOUBLE,
    needed_capacity  DOUBLE,
    to_order         DOUBLE,
    rule             VARCHAR NOT NULL CHECK (rule IN ('line', 'path')),  -- what full_on and within go by
    trust            VARCHAR,
    model            VARCHAR NOT NULL,
    as_of            DATE    NOT NULL,
    recent           DOUBLE,  -- the mean of the last observed days
    -- the largest yhat
    peak             DOUBLE  NOT NULL,
    PRIMARY KEY (host, resource)
);

CREATE TABLE outlook_history (
    run_id           BIGINT  NOT NULL,
    host             VARCHAR NOT NULL,
    resource         VARCHAR NOT NULL,
    threshold        DOUBLE,
    capacity         DOUBLE,
    limits_from      VARCHAR NOT NULL,
    status           VARCHAR NOT NULL,
    p_full_30        DOUBLE,  -- probabilities of a sustained crossing, 0 to 1
    p_full_60        DOUBLE,
    p_full_90        DOUBLE,
    p_full           DOUBLE,  -- within the horizon
    full_on          DATE,    -- as likely as not by then
    full_on_earliest DATE,    -- 10 %
    full_on_latest   DATE,    -- 90 %
    line_full_on     DATE,    -- where the forecast's own line crosses
    days_left        INTEGER,
    since            DATE,
    growth           DOUBLE,  -- in 30 days
    demand_p50       DOUBLE,
    demand_p90       DOUBLE,
    needed_capacity  DOUBLE,
    to_order         DOUBLE,
    rule             VARCHAR NOT NULL CHECK (rule IN ('line', 'path')),  -- what full_on and within go by
    trust            VARCHAR,
    model            VARCHAR NOT NULL,
    as_of            DATE    NOT NULL,
    recent           DOUBLE,  -- the mean of the last observed days
    -- the largest yhat
    peak             DOUBLE  NOT NULL
);

CREATE TABLE group_forecasts (
    run_id          BIGINT  NOT NULL,
    key             VARCHAR NOT NULL,
    value           VARCHAR NOT NULL,
    resource        VARCHAR NOT NULL,
    ds              DATE    NOT NULL,
    yhat            DOUBLE  NOT NULL,
    yhat_lower      DOUBLE  NOT NULL,
    yhat_upper      DOUBLE  NOT NULL,
    yhat_lower_95   DOUBLE  NOT NULL,
    yhat_upper_95   DOUBLE  NOT NULL,
    model           VARCHAR NOT NULL,
    trained_through DATE    NOT NULL,
    PRIMARY KEY (key, value, resource, ds)
);

CREATE TABLE group_outlook (
    run_id           BIGINT  NOT NULL,
    key              VARCHAR NOT NULL,
    value            VARCHAR NOT NULL,
    resource         VARCHAR NOT NULL,
    members          INTEGER NOT NULL,  -- series that are added up
    size             DOUBLE,            -- their capacities, where values are shares of them
    threshold        DOUBLE,
    capacity         DOUBLE,
    limits_from      VARCHAR NOT NULL,
    status           VARCHAR NOT NULL CHECK (status IN ('over', 'within', 'possible', 'not_within_horizon', 'no_limit')),
    p_full_30        DOUBLE,  -- probabilities of a sustained crossing, 0 to 1
    p_full_60        DOUBLE,
    p_full_90        DOUBLE,
    p_full           DOUBLE,  -- within the horizon
    full_on          DATE,    -- as likely as not by then
    full_on_earliest DATE,    -- 10 %
    full_on_latest   DATE,    -- 90 %
    line_full_on     DATE,    -- where the forecast's own line crosses
    days_left        INTEGER,
    since            DATE,
    growth           DOUBLE,  -- in 30 days
    demand_p50       DOUBLE,
    demand_p90       DOUBLE,
    needed_capacity  DOUBLE,
    to_order         DOUBLE,
    rule             VARCHAR NOT NULL CHECK (rule IN ('line', 'path')),  -- what full_on and within go by
    trust            VARCHAR,
    model            VARCHAR NOT NULL,
    as_of            DATE    NOT NULL,
    recent           DOUBLE,  -- the mean of the last observed days
    -- the largest yhat
    peak             DOUBLE  NOT NULL,
    PRIMARY KEY (key, value, resource)
);

CREATE TABLE series_issues (
    run_id   BIGINT  NOT NULL,
    host     VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    stage    VARCHAR NOT NULL,
    engine   VARCHAR,
    severity VARCHAR NOT NULL CHECK (severity IN ('info', 'warning', 'error')),
    code     VARCHAR NOT NULL,
    message  VARCHAR NOT NULL
);

CREATE TABLE processed_data (
    host        VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL,
    ds          DATE    NOT NULL,
    utilization DOUBLE
);

CREATE TABLE resource_limits (
    host      VARCHAR,
    resource  VARCHAR NOT NULL,
    floor     DOUBLE CHECK (isfinite(floor)),
    capacity  DOUBLE CHECK (isfinite(capacity)),
    threshold DOUBLE CHECK (isfinite(threshold)),  -- where "full" starts
    valid_from DATE,  -- NULL: always
    CHECK (floor < capacity),
    CHECK (floor <= threshold),
    CHECK (threshold <= capacity)
);

CREATE TABLE capacity_changes (
    host     VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    day      DATE    NOT NULL,
    "from"   DOUBLE  NOT NULL CHECK (isfinite("from") AND "from" > 0),
    "to"     DOUBLE  NOT NULL CHECK (isfinite("to") AND "to" > 0),
    PRIMARY KEY (host, resource, day)
);

CREATE TABLE host_attributes (
    host  VARCHAR NOT NULL,
    key   VARCHAR NOT NULL,
    value VARCHAR NOT NULL,
    PRIMARY KEY (host, key)
);

CREATE TABLE events (
    ds      DATE    NOT NULL,
    name    VARCHAR NOT NULL,
    host    VARCHAR,
    "group" VARCHAR,  -- KEY=VALUE of host_attributes
    CHECK (host IS NULL OR "group" IS NULL)
);

CREATE TABLE fleetcast_schema (
    version INTEGER NOT NULL
);

CREATE TABLE demo_labels (
    host      VARCHAR NOT NULL,
    resource  VARCHAR NOT NULL,
    behaviour VARCHAR NOT NULL,
    defect    VARCHAR,
    day       DATE, -- from which on it is another than before
    -- the first day on which it is no longer
    until     DATE,
    PRIMARY KEY (host, resource)
);

CREATE TABLE unfinished_days (
    host          VARCHAR NOT NULL,
    resource      VARCHAR NOT NULL,
    ds            DATE    NOT NULL,
    samples       UBIGINT NOT NULL,
    usual_samples DOUBLE  NOT NULL  -- the median of the four weeks before
);

CREATE TABLE repeated_instants (
    host     VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    ds       DATE    NOT NULL,
    instants UBIGINT NOT NULL,
    repeated UBIGINT NOT NULL  -- those with several values
);

CREATE TABLE inferred_day_format (
    format VARCHAR NOT NULL  -- of strptime
);

CREATE TABLE acknowledged (
    host     VARCHAR NOT NULL,
    resource VARCHAR NOT NULL,
    until    DATE    NOT NULL,
    note     VARCHAR,
    PRIMARY KEY (host, resource)
);
