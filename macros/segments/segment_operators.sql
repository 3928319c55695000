{#- The operators of a field: dict of name to {kinds, operand, words, sql}.

    kinds: the field kinds it fits. operand: what its value must be (scalar, list, pair, text, pattern,
    date, period, yes). sql: @c stands for the field, @v for the value (a list: joined by commas). -#}
{% macro segment_operators() %}
  {%- set all_kinds = ['text', 'number', 'boolean', 'date'] -%}
  {%- set ordered = ['number', 'date'] -%}
  {{- return({
      'eq': {'kinds': all_kinds, 'operand': 'scalar', 'words': 'is', 'sql': '@c = @v'},
      'neq': {'kinds': all_kinds, 'operand': 'scalar', 'words': 'is not', 'sql': '@c <> @v'},
      'lt': {'kinds': ordered, 'operand': 'scalar', 'words': 'is under', 'sql': '@c < @v'},
      'lte': {'kinds': ordered, 'operand': 'scalar', 'words': 'is at most', 'sql': '@c <= @v'},
      'gt': {'kinds': ordered, 'operand': 'scalar', 'words': 'is over', 'sql': '@c > @v'},
      'gte': {'kinds': ordered, 'operand': 'scalar', 'words': 'is at least', 'sql': '@c >= @v'},
      'between': {'kinds': ordered, 'operand': 'pair', 'words': 'is between', 'sql': '@c between @v'},
      'in': {'kinds': ['text', 'number', 'date'], 'operand': 'list', 'words': 'is one of', 'sql': '@c in (@v)'},
      'not_in': {'kinds': ['text', 'number', 'date'], 'operand': 'list', 'words': 'is none of', 'sql': '@c not in (@v)'},
      'contains': {'kinds': ['text'], 'operand': 'text', 'words': 'contains', 'sql': 'position(@v in @c) > 0'},
      'not_contains': {'kinds': ['text'], 'operand': 'text', 'words': 'does not contain', 'sql': 'position(@v in @c) = 0'},
      'starts_with': {'kinds': ['text'], 'operand': 'text', 'words': 'starts with', 'sql': 'substr(@c, 1, length(@v)) = @v'},
      'ends_with': {'kinds': ['text'], 'operand': 'text', 'words': 'ends with', 'sql': 'right(@c, length(@v)) = @v'},
      'matches': {'kinds': ['text'], 'operand': 'pattern', 'words': 'matches', 'sql': '@c'},
      'not_matches': {'kinds': ['text'], 'operand': 'pattern', 'words': 'does not match', 'sql': 'not @c'},
      'is_null': {'kinds': all_kinds, 'operand': 'yes', 'words': 'is unknown', 'sql': '@c is null'},
      'is_not_null': {'kinds': all_kinds, 'operand': 'yes', 'words': 'is known', 'sql': '@c is not null'},
      'is_blank': {'kinds': ['text'], 'operand': 'yes', 'words': 'is unknown or blank', 'sql': "coalesce(trim(@c) = '', true)"},
      'before': {'kinds': ['date'], 'operand': 'date', 'words': 'is before', 'sql': '@c < @v'},
      'after': {'kinds': ['date'], 'operand': 'date', 'words': 'is after', 'sql': '@c > @v'},
      'on': {'kinds': ['date'], 'operand': 'date', 'words': 'is on', 'sql': '@c = @v'},
      'in_last': {'kinds': ['date'], 'operand': 'period', 'words': 'is in the last', 'sql': '@c >= @v and @c < @d'},
      'in_next': {'kinds': ['date'], 'operand': 'period', 'words': 'is in the next', 'sql': '@c >= @d and @c < @v'},
      'more_than_ago': {'kinds': ['date'], 'operand': 'period', 'words': 'is longer ago than', 'sql': '@c < @v'},
  }) -}}
{% endmacro %}

{#- Words of the language that a later version understands: dict of word to where it belongs. -#}
{% macro segment_later_words() %}
  {{- return({
      'leaf': ['event', 'segment', 'list', 'sample', 'entered_within', 'exited_within'],
      'field': ['has_any', 'has_all', 'has_none', 'between_ago', 'this', 'last', 'next', 'anniversary_in'],
      'segment': ['for_each', 'exclude'],
  }) -}}
{% endmacro %}
