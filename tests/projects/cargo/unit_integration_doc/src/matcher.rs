/// Whether `name` fits `pattern`, in time that grows with their product at most.
pub(crate) fn fits(pattern: &[char], name: &[char]) -> bool {
    let (mut p, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    while n < name.len() {
        match pattern.get(p) {
            Some('*') => {
                star = Some((p, n));
                p += 1;
            }
            Some('?') => {
                p += 1;
            }
            Some(c) if *c == name[n] => {
                p += 1;
                n += 1;
            }
            _ => match star {
                Some((at, from)) => {
                    p = at + 1;
                    n = from + 1;
                    star = Some((at, from + 1));
                }
                None => return false,
            },
        }
    }
    pattern[p..].iter().all(|c| *c == '*')
}

#[cfg(test)]
mod tests {
    use super::fits;

    fn check(pattern: &str, name: &str) -> bool {
        fits(&pattern.chars().collect::<Vec<_>>(), &name.chars().collect::<Vec<_>>())
    }

    #[test]
    fn plain_text() {
        assert!(check("abc", "abc") && !check("abc", "ab") && !check("ab", "abc"));
    }

    #[test]
    fn stars_go_back() {
        assert_eq!((check("*ab*b", "aabbb"), check("*ab", "aba")), (true, false));
    }

    #[test]
    fn one_character() {
        assert_eq!(check("?b", "xb"), true, "one for one");
    }

    mod long {
        #[test]
        fn stays_quick() {
            assert!(!super::check("*a*a*a*a*a*b", &"a".repeat(2000)));
        }
    }
}
