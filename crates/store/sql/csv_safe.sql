regexp_replace({column}, '^([=+\-@\t\r])', '''\1') AS {column}
