-- What belongs to the database itself, under whatever name it was created.
DO $$
DECLARE db text := current_database();
BEGIN
  EXECUTE format('ALTER DATABASE %I SET "zoo.greeting" = %L', db, 'it''s "안녕", a\b');
  EXECUTE format('ALTER DATABASE %I SET search_path = zoo, "odd.sch""ema ''한글''", public', db);
  EXECUTE format('ALTER DATABASE %I SET "DateStyle" = ''SQL, DMY''', db);
  EXECUTE format('ALTER DATABASE %I SET "IntervalStyle" = ''iso_8601''', db);
  EXECUTE format('ALTER DATABASE %I SET "TimeZone" = ''Asia/Seoul''', db);
  EXECUTE format('ALTER DATABASE %I SET bytea_output = escape', db);
  EXECUTE format('ALTER DATABASE %I SET extra_float_digits = 0', db);
  EXECUTE format('ALTER ROLE zoo_reader IN DATABASE %I SET statement_timeout = ''7min''', db);
  EXECUTE format('ALTER ROLE "zoo.역할" IN DATABASE %I SET work_mem = ''5MB''', db);
  EXECUTE format('GRANT CONNECT, TEMPORARY ON DATABASE %I TO zoo_reader', db);
  EXECUTE format('REVOKE TEMPORARY ON DATABASE %I FROM PUBLIC', db);
  EXECUTE format('COMMENT ON DATABASE %I IS %L', db, 'the zoo: 동물원');
END $$;
