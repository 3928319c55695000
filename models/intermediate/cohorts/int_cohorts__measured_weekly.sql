{{ cohort_measures('week') }}
