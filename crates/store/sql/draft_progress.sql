-- How far the draft of an engine's stage is, in one row: the series it holds are the first ones in the
-- order of their keys, up to (host, resource). It stands only while there is such a draft.
CREATE OR REPLACE TABLE draft_progress (
    run_id      BIGINT  NOT NULL,
    stage       VARCHAR NOT NULL,
    series_done UBIGINT NOT NULL,
    reused      UBIGINT NOT NULL,  -- of them, those whose forecasts are an earlier run's
    host        VARCHAR NOT NULL,
    resource    VARCHAR NOT NULL
);
