{#- The operators of a condition: dict of name to {kinds, operand, words, sql}.

    kinds: what it fits (text, number, boolean, date, list, place). operand: what its value must be (scalar,
    list, pair, text, texts, pattern, date, period, periods, unit, anniversary, circle, yes). sql: @c stands
    for the field, @v for the value (a list: joined by commas), @f and @u for the first day and the day
    after the last one of a window. -#}
{% macro segment_operators() %}
  {%- set all_kinds = ['text', 'number', 'boolean', 'date'] -%}
  {%- set ordered = ['number', 'date'] -%}
  {%- set listed = ['text', 'number', 'date'] -%}
  {%- set window = '@c >= @f and @c < @u' -%}
  {{- return({
      'eq': {'kinds': all_kinds, 'operand': 'scalar', 'words': 'is', 'sql': '@c = @v'},
      'neq': {'kinds': all_kinds, 'operand': 'scalar', 'words': 'is not', 'sql': '@c <> @v'},
      'lt': {'kinds': ordered, 'operand': 'scalar', 'words': 'is under', 'sql': '@c < @v'},
      'lte': {'kinds': ordered, 'operand': 'scalar', 'words': 'is at most', 'sql': '@c <= @v'},
      'gt': {'kinds': ordered, 'operand': 'scalar', 'words': 'is over', 'sql': '@c > @v'},
      'gte': {'kinds': ordered, 'operand': 'scalar', 'words': 'is at least', 'sql': '@c >= @v'},
      'between': {'kinds': ordered, 'operand': 'pair', 'words': 'is between', 'sql': '@c between @v'},
      'in': {'kinds': listed, 'operand': 'list', 'words': 'is one of', 'sql': '@c in (@v)'},
      'not_in': {'kinds': listed, 'operand': 'list', 'words': 'is none of', 'sql': '@c not in (@v)'},
      'contains': {'kinds': ['text'], 'operand': 'text', 'words': 'contains', 'sql': 'position(@v in @c) > 0'},
      'not_contains': {'kinds': ['text'], 'operand': 'text', 'words': 'does not contain', 'sql': 'position(@v in @c) = 0'},
      'starts_with': {'kinds': ['text'], 'operand': 'text', 'words': 'starts with', 'sql': 'substr(@c, 1, length(@v)) = @v'},
      'ends_with': {'kinds': ['text'], 'operand': 'text', 'words': 'ends with', 'sql': 'right(@c, length(@v)) = @v'},
      'matches': {'kinds': ['text'], 'operand': 'pattern', 'words': 'matches', 'sql': '@c'},
      'not_matches': {'kinds': ['text'], 'operand': 'pattern', 'words': 'does not match', 'sql': 'not @c'},
      'has_any': {'kinds': ['list'], 'operand': 'texts', 'words': 'has any of', 'sql': 'any'},
      'has_all': {'kinds': ['list'], 'operand': 'texts', 'words': 'has all of', 'sql': 'all'},
      'has_none': {'kinds': ['list'], 'operand': 'texts', 'words': 'has none of', 'sql': 'none'},
      'is_null': {'kinds': all_kinds + ['place'], 'operand': 'yes', 'words': 'is unknown', 'sql': '@c is null'},
      'is_not_null': {'kinds': all_kinds + ['place'], 'operand': 'yes', 'words': 'is known', 'sql': '@c is not null'},
      'is_blank': {'kinds': ['text'], 'operand': 'yes', 'words': 'is unknown or blank', 'sql': "coalesce(trim(@c) = '', true)"},
      'before': {'kinds': ['date'], 'operand': 'date', 'words': 'is before', 'sql': '@c < @v'},
      'after': {'kinds': ['date'], 'operand': 'date', 'words': 'is after', 'sql': '@c > @v'},
      'on': {'kinds': ['date'], 'operand': 'date', 'words': 'is on', 'sql': '@c = @v'},
      'in_last': {'kinds': ['date'], 'operand': 'period', 'words': 'is in the last', 'sql': window},
      'in_next': {'kinds': ['date'], 'operand': 'period', 'words': 'is in the next', 'sql': window},
      'more_than_ago': {'kinds': ['date'], 'operand': 'period', 'words': 'is longer ago than', 'sql': '@c < @f'},
      'between_ago': {'kinds': ['date'], 'operand': 'periods', 'words': 'is between', 'sql': window},
      'this': {'kinds': ['date'], 'operand': 'unit', 'words': 'is in this', 'sql': window},
      'last': {'kinds': ['date'], 'operand': 'unit', 'words': 'is in the last calendar', 'sql': window},
      'next': {'kinds': ['date'], 'operand': 'unit', 'words': 'is in the next calendar', 'sql': window},
      'anniversary_in': {'kinds': ['date'], 'operand': 'anniversary', 'words': 'has an anniversary in the next', 'sql': ''},
      'within_km': {'kinds': ['place'], 'operand': 'circle', 'words': 'is within', 'sql': ''},
  }) -}}
{% endmacro %}
