-- Korean text out of a number: the same number always gives the same sentences.
-- The functions live in pg_temp, so nothing of them stays in the sample database.

CREATE FUNCTION pg_temp.pick(words text[], hash bigint) RETURNS text LANGUAGE sql IMMUTABLE AS
  $$ SELECT words[1 + hash % array_length(words, 1)] $$;

CREATE FUNCTION pg_temp.id(kind text, i bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
  $$ SELECT md5(kind || i)::uuid $$;

-- A number from 0 to 2^31-1 that looks random and depends on both arguments.
CREATE FUNCTION pg_temp.hash(i bigint, salt bigint) RETURNS bigint LANGUAGE sql IMMUTABLE AS
  $$ SELECT hashint8extended(i, salt) & 2147483647 $$;

-- A moment within the year before a fixed day, so that loads on different days agree.
CREATE FUNCTION pg_temp.moment(i bigint, salt bigint) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
  $$ SELECT timestamptz '2026-11-01 00:00:00+00'
            - make_interval(secs => (hashint8extended(i, salt) & 2147483647) % 31536000) $$;

CREATE FUNCTION pg_temp.title(i bigint, salt bigint) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT pg_temp.pick(ARRAY['봄날의', '서울에서 만난', '바다로 가는', '잃어버린', '할머니의', '새벽 네 시',
           '비 오는 날의', '우리 동네', '첫눈과', '달빛 아래'], pg_temp.hash(i, salt))
      || ' '
      || pg_temp.pick(ARRAY['편지', '커피 광고', '자전거 여행', '브랜드 영상', '김밥집', '라디오', '우주 정거장',
           '고양이', '졸업식', '골목길 다큐'], pg_temp.hash(i, salt + 1))
      || ' #' || i $$;

-- One function call makes a whole text: three hash bits ranges choose the parts of each sentence.
CREATE FUNCTION pg_temp.korean(i bigint, salt bigint, sentences int) RETURNS text
LANGUAGE plpgsql IMMUTABLE AS $$
DECLARE
  who constant text[] := ARRAY['주인공은', '카메라는', '어린 소녀가', '늙은 선장이', '요리사는', '배달 기사 민수가',
    '두 친구는', '낯선 여행자가', '내레이터는', '대학생 지은이', '회사의 대표가', '이웃집 할아버지는', '무대 위의 가수가',
    '형사 박 반장은', '로봇 강아지가', '시청자들은'];
  place constant text[] := ARRAY['비 내리는 골목에서', '한강 다리 위에서', '오래된 극장 앞에서', '부산 바닷가를 따라',
    '눈 덮인 산사에서', '지하철 2호선 안에서', '불 꺼진 사무실에서', '제주도의 돌담길에서', '시장 한가운데서',
    '옥상 정원에서', '새벽의 편의점에서', '텅 빈 운동장에서', '햇살이 드는 부엌에서', '공항 출국장에서',
    '벚꽃이 흩날리는 공원에서', '작은 책방 구석에서'];
  what constant text[] := ARRAY['잊고 있던 약속을 떠올린다.', '천천히 고개를 들어 하늘을 본다.', '낡은 사진 한 장을 발견한다.',
    '뜻밖의 전화를 받는다.', '새 제품을 조심스럽게 꺼낸다.', '마침내 웃음을 터뜨린다.', '아무 말 없이 손을 내민다.',
    '따뜻한 국밥 한 그릇을 나눈다.', '문을 열고 밖으로 달려 나간다.', '오랜 침묵 끝에 진실을 말한다.',
    '음악에 맞춰 춤을 추기 시작한다.', '편지를 접어 바람에 날려 보낸다.', '화면을 가득 채우며 다가온다.',
    '로고가 떠오르는 순간 멈춰 선다.', '다음 장면으로 이어지는 단서를 남긴다.', '"괜찮아, 다시 하자"라고 속삭인다.'];
  h bigint;
  result text := '';
BEGIN
  FOR k IN 1..sentences LOOP
    h := hashint8extended(i, salt * 1000 + k) & 2147483647;
    result := result || who[1 + (h & 15)] || ' ' || place[1 + ((h >> 4) & 15)] || ' '
      || what[1 + ((h >> 8) & 15)] || CASE WHEN k % 6 = 0 THEN E'\n\n' ELSE ' ' END;
  END LOOP;
  RETURN result;
END $$;
