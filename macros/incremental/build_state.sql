{#- Before the first model: find out which tables of earlier runs can be gone on with, and which loads of the raw
    tables came, changed or went since.

    Runs as on-run-start. A model with tag `continued` keeps what it holds and redoes only what changed. Whenever the
    rows are staged a generation ends; a table that does not hold the one before, all of it and by the same
    definitions, is dropped here and made from nothing: nobody has to remember --full-refresh. -#}
{% macro prepare_build_state() %}
  {%- if not execute or only_looks() -%}{{- return('') -}}{%- endif -%}
  {%- do make_loads_tables() -%}
  {%- set chosen = continued_models() | selectattr('unique_id', 'in', selected_resources) | list -%}
  {%- if not chosen -%}{{- return('') -}}{%- endif -%}
  {%- set table, signature = loads_table('build_state'), build_signature() -%}
  {%- set is_staging = chosen | map(attribute='name') | select('in', staged_models()) | list | length > 0 -%}
  {%- set sound = sound_models(signature, is_staging) -%}
  {%- if is_staging -%}
    {%- set is_sound = staged_models() | reject('in', sound) | list | length == 0 -%}
    {%- do find_loads(raw_files(staged_raw_tables()), is_sound) -%}
    {%- if not is_sound or not are_few_loads_changed() -%}{%- do sound.clear() -%}{%- endif -%}
    {%- do register_changed_rows(sound | length > 0) -%}
    {%- if not sound -%}{%- do keep_former_tables(false) -%}{%- endif -%}
    {%- set former = run_query("select as_of_date, generation from " ~ table ~ " where model_name = '(run)'").rows -%}
    {%- do run_query("delete from " ~ table ~ " where model_name = '(run)'") -%}
    {%- do run_query('insert into ' ~ table ~ ' (model_name, generation, as_of_date, former_as_of_date) values (' ~ ["'(run)'",
        (former[0][1] + 1) if former else 1, as_of_date(), "cast('" ~ former[0][0] ~ "' as date)" if sound else 'null'] | join(', ') ~ ')') -%}
  {%- endif -%}
  {#- Another attempt at what failed goes on within the same run: what failed is as it was before, and what changed is known. -#}
  {%- if env_var('CONTINUE_ATTEMPT', '') and not is_staging -%}{{- return('') -}}{%- endif -%}
  {%- for model in chosen -%}
    {%- set relation = adapter.get_relation(model.database, model.schema, model.alias) -%}
    {%- if relation and model.name not in sound -%}{%- do adapter.drop_relation(relation) -%}{%- endif -%}
    {%- do run_query('delete from ' ~ table ~ " where model_name = '" ~ model.name ~ "'") -%}
  {%- endfor -%}
  {#- What of these is not made here no longer goes with what is. -#}
  {%- set by_rules = models_by_rules() -%}
  {%- if not is_staging and chosen | map(attribute='name') | select('in', by_rules) | list -%}
    {%- for name in by_rules -%}{%- do run_query('delete from ' ~ table ~ " where model_name = '" ~ name ~ "'") -%}{%- endfor -%}
  {%- endif -%}
{% endmacro %}

{#- After the last model: what has been built holds the generation of the run. A run that is killed does not get here,
    and what it was about to build is made from nothing by the next one.

    Runs as on-run-end. results: dbt's results of the run. -#}
{% macro finish_build_state(results) %}
  {%- if not execute or only_looks() -%}{{- return('') -}}{%- endif -%}
  {%- set table, continued, built = loads_table('build_state'), continued_models() | map(attribute='unique_id') | list, [] -%}
  {%- for result in results if result.node.unique_id in continued and result.status | string == 'success' -%}
    {%- do built.append(result.node.name) -%}
    {%- do run_query('insert into ' ~ table ~ " (model_name, generation, signature, as_of_date) select '" ~ result.node.name
        ~ "', generation, '" ~ (rules_signature() if result.node.name in models_by_rules() else build_signature()) ~ "', " ~ as_of_date() ~ ' from ' ~ table ~ " where model_name = '(run)'") -%}
  {%- endfor -%}
  {%- if staged_models() | reject('in', built) | list | length == 0 -%}
    {%- do run_query('delete from ' ~ loads_table('staged_loads')) -%}
    {%- do run_query('insert into ' ~ loads_table('staged_loads') ~ ' select * from ' ~ loads_table('found_loads')) -%}
  {%- endif -%}
  {#- All of them may have been built in several attempts. -#}
  {%- set whole = run_query('select model.model_name from ' ~ table ~ ' as model inner join ' ~ table
      ~ " as run on model.generation = run.generation and model.as_of_date = run.as_of_date and run.model_name = '(run)'").columns[0].values() -%}
  {%- if built and continued_models() | rejectattr('name', 'in', whole) | list | length == 0 -%}{%- do keep_former_tables(true) -%}{%- endif -%}
{% endmacro %}

{#- The names of the models whose tables can be gone on with. Those that hold customers go on together or not at all,
    because what changed is told from the last run that made them all; staged rows, and tables with meta.any_date, which
    know by themselves what they hold for which date, go on each by itself. Those with meta.by_rules go on together, by the
    same catalogue only. signature: from build_signature.
    is_staging: whether this run stages rows, without which nothing tells what changed. -#}
{% macro sound_models(signature, is_staging) %}
  {%- set found, alone, by_other_rules = [], staged_models(), [] -%}
  {%- if flags.FULL_REFRESH -%}{{- return(found) -}}{%- endif -%}
  {%- for model in continued_models() if model.config.meta.get('any_date') -%}{%- do alone.append(model.name) -%}{%- endfor -%}
  {%- set table, by_rules, with_rules = loads_table('build_state'), models_by_rules(), rules_signature() -%}
  {%- for row in run_query('select model.model_name, model.as_of_date = run.as_of_date, model.signature from ' ~ table ~ ' as model inner join ' ~ table
      ~ " as run on model.generation = run.generation and run.model_name = '(run)' where substr(model.signature, 1, " ~ signature | length ~ ') = ' ~ sql_string(signature)).rows -%}
    {%- if row[1] or row[0] in alone -%}{%- do found.append(row[0]) -%}{%- endif -%}
    {%- if row[0] in by_rules and row[2] != with_rules -%}{%- do by_other_rules.append(row[0]) -%}{%- endif -%}
  {%- endfor -%}
  {%- if not is_staging or continued_models() | rejectattr('name', 'in', found) | list -%}{{- return(found | select('in', alone) | list) -}}{%- endif -%}
  {{- return(found | reject('in', by_rules) | list if by_other_rules else found) -}}
{% endmacro %}

{#- The names of the continued models that hold what the rules of the segments say: meta.by_rules. -#}
{% macro models_by_rules() %}
  {%- set names = [] -%}
  {%- for model in continued_models() if model.config.meta.get('by_rules') -%}{%- do names.append(model.name) -%}{%- endfor -%}
  {{- return(names) -}}
{% endmacro %}

{#- The names of the models that hold the staged rows; all others go on from these. -#}
{% macro staged_models() %}
  {%- set names = [] -%}
  {%- for table in staged_raw_tables() -%}{%- do names.append('base_' ~ table.name ~ '__typed') -%}{%- endfor -%}
  {{- return(names) -}}
{% endmacro %}

{#- The models that keep what the last run made, as nodes of the graph: those with tag `continued`. -#}
{% macro continued_models() %}
  {%- set found = [] -%}
  {%- for node in own_nodes(['model']) if 'continued' in node.config.tags -%}{%- do found.append(node) -%}{%- endfor -%}
  {{- return(found) -}}
{% endmacro %}

{#- MD5 of everything but the rows and the rules that the continued tables depend on: the vars that reach them, the
    text of every model and seed, and that of the macros (env CODE_FINGERPRINT, which scripts/build.py sets). -#}
{% macro build_signature() %}
  {%- set parts = [env_var('CODE_FINGERPRINT', ''), business_timezone(), erased_fingerprint(), local_md5(pii_salt())] -%}
  {%- for name in continued_vars() -%}{%- do parts.append([name, var(name)]) -%}{%- endfor -%}
  {%- for node in own_nodes(['model', 'seed']) -%}
    {%- do parts.append([node.unique_id, node.checksum.checksum]) -%}
  {%- endfor -%}
  {{- return(local_md5(tojson(parts))) -}}
{% endmacro %}

{#- The signature of what rests on the rules too: that of all, and the MD5 of the catalogue. -#}
{% macro rules_signature() %}
  {{- return(build_signature() ~ ' ' ~ local_md5(var('segments', []) | string)) -}}
{% endmacro %}

{#- The vars that the continued tables depend on, besides timezone, as_of_date and the segments. -#}
{% macro continued_vars() %}
  {{- return(['raw_schema', 'raw_database', 'raw_contacts_identifier', 'raw_orders_identifier', 'raw_order_lines_identifier',
      'raw_events_identifier', 'known_at', 'future_tolerance_minutes', 'accept_with_null', 'pii_salt', 'expose_pii', 'reporting_currency',
      'max_contacts_per_identifier', 'cancelled_statuses', 'occasions_require_revenue', 'campaign_cohorts']) -}}
{% endmacro %}

{#- Whether a continued table of an earlier run is there to be gone on with. name: of the model. -#}
{% macro is_continued(name) %}
  {%- if not execute or flags.FULL_REFRESH -%}{{- return(false) -}}{%- endif -%}
  {%- for node in own_nodes(['model']) if node.name == name -%}
    {%- set relation = load_cached_relation(api.Relation.create(database=node.database, schema=node.schema, identifier=node.alias)) -%}
    {{- return(relation is not none and relation.is_table) -}}
  {%- endfor -%}
  {{- return(false) -}}
{% endmacro %}

{#- Whether the command only looks at the project, as `dbt compile`, `dbt show` and `dbt docs generate` do. Whoever compiles
    all nodes compiles the hooks too, and they must leave the warehouse as it is. -#}
{% macro only_looks() %}
  {{- return(flags.WHICH in ('compile', 'show', 'generate')) -}}
{% endmacro %}
