{{ cohort_measures('month') }}
