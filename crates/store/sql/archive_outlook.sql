-- The outlook becomes history, unless the next one is as of the same day ($1).
INSERT INTO outlook_history BY NAME
SELECT * FROM capacity_outlook WHERE as_of <> $1;
