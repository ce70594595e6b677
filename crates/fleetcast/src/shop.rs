//! The shop: from values to the answer.

use std::borrow::Cow;

use fleetcast_core::{
    Calendar, CapacityChange, CapacityChangeError, CapacityChanges, Day, Engine, Forecast,
    LimitError, LimitRule, LimitRules, LimitSchedule, Panel, PanelView, SeriesKey, Split, TimeGrid,
};
use fleetcast_judge::{Contender, FleetGains, LeaderboardEntry};
use fleetcast_outlook::paths::FleetLaw;
use rayon::prelude::*;

use crate::evidence::{Seen, answers, gains, gather, judge};
use crate::result::{Crossing, SeriesResult, finish_one, written_under};
use crate::setup::{Further, Setup, ShopError};
use crate::{
    Batch, EngineAnswers, Evidence, FleetSummary, GroupTotals, Groups, MemberOf, ShopOptions,
    Survey, Written, WrittenGroup,
};

/// A champion, a challenger, a judge and a writer: from the values of a fleet to golden record,
/// leaderboard, outlook and issues.
///
/// The work is three steps. [`evidence`](Self::evidence) depends on each series alone;
/// [`FleetSummary`] holds what crosses series, and is the same in whatever parts and order it was put
/// together; [`finish`](Self::finish) makes the results. [`forecast`](Self::forecast) is all three.
/// Results are the same to the bit however a fleet is cut into batches.
#[derive(Debug)]
pub struct Shop(Setup);

impl Shop {
    /// Makes a shop that looks at the days up to `as_of`.
    ///
    /// # Errors
    ///
    /// [`ShopError`] where the windows do not fit the calendar, or are longer than a forecast can be.
    pub fn new(as_of: Day, options: ShopOptions) -> Result<Self, ShopError> {
        Setup::new(as_of, options).map(Self)
    }

    /// Puts another engine in the champion's place.
    #[must_use]
    pub fn with_champion(mut self, engine: impl Engine + 'static) -> Self {
        self.0.champion = Box::new(engine);
        self
    }

    /// Puts another engine in the challenger's place.
    #[must_use]
    pub fn with_challenger(mut self, engine: impl Engine + 'static) -> Self {
        self.0.challenger = Box::new(engine);
        self
    }

    /// Puts a further engine beside champion and challenger, under a name: it is scored, has a weight in the blend, and may win.
    ///
    /// Under the name of a model of the whole fleet (`xgboost`, [`Contender::FURTHER`]), whose engine was trained on
    /// [`worth_forecasting`](Self::worth_forecasting), it is followed only where the whole fleet did not lose by it: then all engines
    /// are asked first ([`answers`](Self::answers)), and judged by what the fleet [gained](Self::gains).
    ///
    /// # Errors
    ///
    /// [`ShopError::TakenName`] where somebody else goes by that name.
    pub fn with_further(
        mut self,
        name: &'static str,
        engine: impl Engine + 'static,
    ) -> Result<Self, ShopError> {
        let model = Contender::named(name).unwrap_or(Contender::Further(name));
        let taken = |whose| Err(ShopError::TakenName { name, whose });
        if !matches!(model, Contender::Further(_)) {
            return taken("one of fleetcast's own");
        }
        if self.0.further.iter().any(|other| other.model == model) {
            return taken("that of a further engine already");
        }
        self.0.further.push(Further {
            model,
            engine: Box::new(engine),
        });
        Ok(self)
    }

    /// Says who won series in the last run, beside what was said before: whoever did must be beaten by the
    /// promotion margin.
    #[must_use]
    pub fn with_incumbents(
        mut self,
        incumbents: impl IntoIterator<Item = (SeriesKey, Contender)>,
    ) -> Self {
        self.0.incumbents.extend(incumbents);
        self
    }

    /// Says what the floors, capacities and thresholds of resources and hosts are, in the place of what was
    /// said before. Only [`finish`](Self::finish) looks at them.
    ///
    /// Without a rule, a resource whose name and values say that it is a percentage (`cpu`, `disk_used`) has
    /// capacity 100; without a threshold, full starts at 80 % of the way from floor to capacity. See
    /// [`LimitRules::of`].
    ///
    /// # Errors
    ///
    /// [`LimitError`] where a rule cannot be used, or rules contradict each other.
    pub fn with_limits<'a>(
        mut self,
        rules: impl IntoIterator<Item = &'a LimitRule>,
    ) -> Result<Self, LimitError> {
        self.0.limits = LimitRules::new(rules)?;
        Ok(self)
    }

    /// Says which capacities changed, of series whose values are shares of them, in the place of what was said before:
    /// values before a change are brought to the capacity after it.
    ///
    /// # Errors
    ///
    /// [`CapacityChangeError`] where a change cannot be used.
    pub fn with_capacity_changes<'a>(
        mut self,
        changes: impl IntoIterator<Item = &'a CapacityChange>,
    ) -> Result<Self, CapacityChangeError> {
        self.0.capacities = CapacityChanges::new(changes)?;
        Ok(self)
    }

    /// Says on which days something is known to happen, in the past and in the future, in the place of what was said before:
    /// what earlier such days were like is taken out of the past and expected again, series by series, where that would have
    /// helped.
    #[must_use]
    pub fn with_calendar(mut self, calendar: Calendar) -> Self {
        self.0.set_calendar(calendar);
        self
    }

    /// Returns the windows.
    #[must_use]
    pub fn split(&self) -> &Split {
        &self.0.split
    }

    /// Returns what the shop goes by.
    #[must_use]
    pub fn options(&self) -> &ShopOptions {
        &self.0.options
    }

    /// Returns the series of a batch that engines are asked about, as they see them: what models of the whole fleet are trained on.
    /// `survey` is that of the whole fleet.
    ///
    /// # Errors
    ///
    /// [`ShopError::OtherWindows`] where the batch was made for another shop's windows.
    pub fn worth_forecasting(&self, batch: &Batch, survey: &Survey) -> Result<Panel, ShopError> {
        self.check_windows(batch.history().grid())?;
        Ok(Seen::of(&self.0, batch, survey).worth_forecasting)
    }

    /// Gathers the evidence on every series of a batch, in its order, on the threads of the current
    /// rayon pool.
    ///
    /// `survey` is of the whole fleet, and says which resources are percentages: values far outside 0
    /// to 100 of those are no measurements, and left out. It is what a [`FleetSummary`] says of resources,
    /// before there is evidence. Of a resource it does not know, a series is taken by itself.
    ///
    /// # Errors
    ///
    /// [`ShopError::OtherWindows`] where the batch was made for another shop's windows, [`ShopError::GainsUnknown`] where there is a
    /// model of the whole fleet: ask for [`answers`](Self::answers) first.
    pub fn evidence(&self, batch: &Batch, survey: &Survey) -> Result<Vec<Evidence>, ShopError> {
        self.check_windows(batch.history().grid())?;
        let why_not = self.0.why_not(&FleetGains::default())?;
        Ok(gather(&self.0, batch, survey, &why_not))
    }

    /// Asks engines about every series of a batch, in its order: the part of [`evidence`](Self::evidence) that takes time,
    /// for whoever keeps it, or sends it elsewhere, before it is judged.
    ///
    /// # Errors
    ///
    /// [`ShopError::OtherWindows`] where the batch was made for another shop's windows.
    pub fn answers(&self, batch: &Batch, survey: &Survey) -> Result<Vec<EngineAnswers>, ShopError> {
        self.check_windows(batch.history().grid())?;
        Ok(answers(&self.0, batch, survey))
    }

    /// Returns what the blends of some series gained at the backtest by each further engine, in the order in which these were put
    /// in. Those of parts of a fleet add up to those of the whole, in any order.
    ///
    /// # Errors
    ///
    /// [`ShopError::OtherWindows`] where engines were asked by a shop of other windows.
    pub fn gains(&self, answers: &[EngineAnswers]) -> Result<FleetGains, ShopError> {
        self.check_answers(answers)?;
        Ok(self.gains_by(answers))
    }

    fn gains_by(&self, answers: &[EngineAnswers]) -> FleetGains {
        let each = answers.par_iter().map(|one| gains(&self.0, one));
        each.sum()
    }

    fn judged(&self, answers: Vec<EngineAnswers>, why_not: &[Option<String>]) -> Vec<Evidence> {
        let answers = answers.into_par_iter();
        answers.map(|one| judge(&self.0, one, why_not)).collect()
    }

    /// Judges series by what engines answered, in their order: the rest of [`evidence`](Self::evidence), to the same bits.
    ///
    /// `gains` are what the whole fleet gained by each further engine: the sum of what [`gains`](Self::gains) returned of its parts, or
    /// the default where no model of the whole fleet is among them.
    ///
    /// # Errors
    ///
    /// [`ShopError::OtherWindows`] where engines were asked by a shop of other windows, [`ShopError::OtherEngines`] where they were
    /// others, [`ShopError::GainsUnknown`] where there are no gains of a model of the whole fleet.
    pub fn judge(
        &self,
        answers: Vec<EngineAnswers>,
        gains: &FleetGains,
    ) -> Result<Vec<Evidence>, ShopError> {
        self.check_answers(&answers)?;
        Ok(self.judged(answers, &self.0.why_not(gains)?))
    }

    fn check_answers(&self, answers: &[EngineAnswers]) -> Result<(), ShopError> {
        let expected = self.0.further.len();
        for one in answers {
            self.check_windows(one.grid)?;
            if one.were_asked && one.further.len() != expected {
                return Err(ShopError::OtherEngines {
                    key: one.key.clone(),
                    found: one.further.len(),
                    expected,
                });
            }
        }
        Ok(())
    }

    fn check_windows(&self, found: TimeGrid) -> Result<(), ShopError> {
        let expected = self.split().history();
        if found == expected {
            return Ok(());
        }
        Err(ShopError::OtherWindows {
            first: found.first(),
            last: found.last(),
            expected_first: expected.first(),
            expected_last: expected.last(),
        })
    }

    /// Makes the results of some series, in their order. `summary` is of the whole fleet: with one of a part
    /// of it, series of that part alone borrow from each other.
    #[must_use]
    pub fn finish(&self, evidence: &[Evidence], summary: &FleetSummary) -> Vec<SeriesResult> {
        self.with_what_crosses(evidence, summary, |fleet| {
            let finish = |one| finish_one(&self.0, one, &fleet);
            evidence.par_iter().map(finish).collect()
        })
    }

    /// Adds series up to the groups that they belong to: what came of `evidence` are `results`, in the same order. Totals of
    /// parts of a fleet [`merge`](GroupTotals::merge) to those of the whole.
    #[must_use]
    pub fn group_totals(
        &self,
        groups: &Groups,
        evidence: &[Evidence],
        results: &[SeriesResult],
    ) -> GroupTotals {
        let rules = self.0.write_rules();
        let first = self.split().future().first();
        let winners: Vec<Option<Forecast>> = evidence
            .par_iter()
            .map(|one| one.winners_forecast(first))
            .collect();
        let both = evidence.iter().zip(results).zip(&winners);
        let members: Vec<MemberOf<'_>> = both
            .filter_map(|((evidence, result), winner)| {
                let calibration = result.calibration.as_ref();
                Some(MemberOf {
                    key: &result.key,
                    winner: winner.as_ref()?,
                    calibration: calibration.map(|pooled| &pooled.calibration),
                    limits: &result.limits,
                    recent: &evidence.recent,
                    past: &evidence.past.forecasts,
                    regime: evidence.regime.as_deref(),
                    golden: &result.golden.as_ref()?.forecast,
                })
            })
            .collect();
        let mut totals = GroupTotals::new(self.split(), &rules);
        totals.add(groups, &rules, &members);
        totals
    }

    /// Returns the last day that forecasts of the future have seen.
    #[must_use]
    pub fn trained_through(&self) -> Day {
        self.0.write_rules().trained_through
    }

    /// Makes the forecasts and outlooks of groups, in the order of their keys. `totals` are of the whole fleet.
    #[must_use]
    pub fn finish_groups(&self, totals: &GroupTotals) -> Vec<WrittenGroup> {
        self.0.write_rules().write_groups(self.split(), totals)
    }

    /// Says what golden records and outlooks would be under other limits than those that hold: for each series, in
    /// their order, one for each of the questions that `ask` returns for its place in `evidence` and the limits that
    /// hold for it. A series without a forecast has none.
    ///
    /// That is how a question such as "and if the threshold were 90 %?" is answered without another forecast.
    #[must_use]
    pub fn under_limits<Q: Send>(
        &self,
        evidence: &[Evidence],
        summary: &FleetSummary,
        ask: impl Fn(usize, &LimitSchedule) -> Vec<(Q, LimitSchedule)> + Sync,
    ) -> Vec<Vec<(Q, Written)>> {
        self.with_what_crosses(evidence, summary, |fleet| {
            let all = evidence.par_iter().enumerate();
            all.map(|(place, one)| written_under(&self.0, one, &fleet, |limits| ask(place, limits)))
                .collect()
        })
    }

    /// Hands over what these series get from the rest of the fleet.
    fn with_what_crosses<T>(
        &self,
        evidence: &[Evidence],
        summary: &FleetSummary,
        then: impl FnOnce(Crossing<'_>) -> T,
    ) -> T {
        let entries = evidence.iter().filter_map(Evidence::entry);
        let own = entries.map(LeaderboardEntry::own_errors);
        then(Crossing {
            summary,
            medians: &summary.errors.medians_for(own),
            law: &self.law(summary),
        })
    }

    /// Returns the law that the series of each resource share in the shop's outlooks, by the summary of the whole fleet: among
    /// the rest, what became of outlooks of the past ([`tables::outlook_calibration`](crate::tables::outlook_calibration)).
    #[must_use]
    pub fn law<'a>(&self, summary: &'a FleetSummary) -> Cow<'a, FleetLaw> {
        let days = self.split().future().len();
        summary.law(self.split().as_of(), days, self.options().sustained)
    }

    /// Forecasts a whole fleet, whose series may be over any days: one result a series, in their order. What the fleet gained by
    /// further engines is found out on the way.
    #[must_use]
    pub fn forecast(&self, fleet: PanelView<'_>) -> Vec<SeriesResult> {
        let batch = Batch::from_panel(fleet, self.split());
        let survey = Survey::of([&batch]);
        let evidence = if let Ok(why_not) = self.0.why_not(&FleetGains::default()) {
            gather(&self.0, &batch, &survey, &why_not)
        } else {
            let answers = answers(&self.0, &batch, &survey);
            let why_not = self.0.why_not(&self.gains_by(&answers));
            self.judged(answers, &why_not.unwrap_or_default())
        };
        self.finish(&evidence, &FleetSummary::of(&evidence))
    }
}
