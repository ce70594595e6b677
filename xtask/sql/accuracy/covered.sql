-- How many of all forecasts a peer has one for, too. Parameter: its name.
SELECT countif(model = ?), countif(model = 'prophet_default') FROM accuracy_scores;
